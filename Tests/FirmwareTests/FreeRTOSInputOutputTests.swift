import Testing

@Suite("FreeRTOS+IO")
struct FreeRTOSInputOutputTests {
    @Test("The example of the zero-copy page works as it stands", arguments: CProgram.Mode.allCases)
    func zeroCopyExample(mode: CProgram.Mode) throws {
        expect(
            try CProgram("zero_copy_transfer.c").run(mode, environment: ["HIL_CHECK_BUFFERS": "1"]),
            prints: "zero copy: 1\nmutex: 1\nfirst write started\nsecond write: 100\ncomplete: 1\n")
    }

    @Test("The programs compile without a warning", arguments: CProgram.Compiler.all)
    func compilers(compiler: CProgram.Compiler) throws {
        _ = try CProgram("zero_copy_transfer.c", compiler: compiler)
        _ = try CProgram("io_modes.c", compiler: compiler)
    }

    @Test("Every request has its answer, on a UART and on an SPI device", arguments: CProgram.Mode.allCases)
    func requests(mode: CProgram.Mode) throws {
        let outcome = try CProgram("io_modes.c").run(mode)
        #expect(outcome.output == "all so\n" && outcome.status == 0, "\(outcome)")
        // Each refusal that is firmware's own mistake is told.
        for reason in [
            "the write mutex belongs to the zero-copy transfer mode", "a zero-copy write needs the write mutex",
            "SPI slave mode is not supported", "request 12345", "/SPI9/", "the path is NULL",
        ] {
            #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        }
    }

    @Test("A task that is deleted in a device leaves it to the others", arguments: CProgram.Mode.allCases)
    func deletion(mode: CProgram.Mode) throws {
        expect(try CProgram("io_deletion.c").run(mode), prints: "all so\n")
    }

    @Test("A firmware's own FreeRTOSIOConfig.h and board file are honoured")
    func configuration() throws {
        let program = try CProgram("io_configured.c", includes: ["io_configured"])
        try program.write("board.yaml", "peripherals:\n  /CONSOLE/: virtual://uart\n  /SENSOR/: virtual://spi\n")
        let outcome = try program.run()
        #expect(outcome.output == "all so\n" && outcome.status == 0, "\(outcome)")
    }
}
