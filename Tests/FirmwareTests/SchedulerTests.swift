import Testing

@Suite("The scheduler")
struct SchedulerTests {
    @Test("starts, runs tasks, and ends", arguments: CProgram.Mode.allCases)
    func life(mode: CProgram.Mode) throws {
        expect(
            try CProgram("scheduler.c").run(mode),
            prints: "state 1\nhandle below 4 GiB: 1\nworker has run\nmain goes on\n")
    }

    @Test("is there for every compiler", arguments: CProgram.Compiler.all)
    func compilers(compiler: CProgram.Compiler) throws {
        let outcome = try CProgram("scheduler.c", compiler: compiler).run()
        #expect(outcome.status == 0, "\(outcome)")
    }
}
