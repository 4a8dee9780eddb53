import Testing

/// Programs that check every function of a part of the interface, and each of its answers.
@Suite("FreeRTOS")
struct FreeRTOSTests {
    static let parts = ["tasks", "queues", "semaphores", "stream_buffers", "events_and_timers", "suspension"]

    @Test("works as its documentation says", arguments: parts, CProgram.Mode.allCases)
    func part(name: String, mode: CProgram.Mode) throws {
        expect(try CProgram("\(name).c").run(mode), prints: "all so\n", "\(name), \(mode)")
    }

    @Test("A task that is woken by a queue tries again, on a single core")
    func wokenTooLate() throws {
        expect(try CProgram("woken_too_late.c").run(.virtual), prints: "all so\n")
    }

    @Test(
        "On a single core a loop on any call lets time pass",
        arguments: ["time_passes.c", "cmsis_time_passes.c"], [CProgram.Mode.single, .virtual])
    func timePasses(program: String, mode: CProgram.Mode) throws {
        expect(try CProgram(program).run(mode), prints: "all so\n", "\(program), \(mode)")
    }

    @Test("In parallel, what was stopped touches nothing any more", arguments: ["stopping.c", "cmsis_stopping.c"])
    func stopping(program: String) throws {
        expect(try CProgram(program).run(.parallel), prints: "all so\n", "\(program)")
    }

    @Test("Who would go first on one core is given time in parallel", arguments: CProgram.Mode.allCases)
    func givingWay(mode: CProgram.Mode) throws {
        expect(try CProgram("giving_way.c").run(mode), prints: "all so\n", "\(mode)")
    }

    // The sanitizer has a thread of its own that wakes up.
    @Test(
        "Firmware that waits uses no processor", .enabled(if: !CProgram.isSanitized),
        arguments: [CProgram.Mode.parallel, .single])
    func waiting(mode: CProgram.Mode) throws {
        expect(try CProgram("waiting.c").run(mode), prints: "nobody woke up\n", "\(mode)")
    }

    @Test("compiles without a warning", arguments: parts, CProgram.Compiler.all)
    func compilers(name: String, compiler: CProgram.Compiler) throws {
        _ = try CProgram("\(name).c", compiler: compiler)
    }
}
