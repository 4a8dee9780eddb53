import Testing

@Suite("FreeRTOS+IO")
struct FreeRTOSInputOutputTests {
    @Test("The example of the zero-copy page works as it stands", arguments: CProgram.Mode.allCases)
    func zeroCopyExample(mode: CProgram.Mode) throws {
        expect(
            try CProgram("zero_copy_transfer.c").run(mode, environment: ["HIL_CHECK_BUFFERS": "1"]),
            prints: "zero copy: 1\nmutex: 1\nfirst write started\nsecond write: 100\ncomplete: 1\n")
    }

    @Test("The example compiles without a warning", arguments: CProgram.Compiler.all)
    func compilers(compiler: CProgram.Compiler) throws {
        _ = try CProgram("zero_copy_transfer.c", compiler: compiler)
    }
}
