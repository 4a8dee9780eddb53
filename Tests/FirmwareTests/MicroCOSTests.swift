import Testing

/// Both settings that the specification asks for.
private let modes: [CProgram.Mode] = [.parallel, .virtual]

@Suite("µC/OS-III")
struct MicroCOSTests {
    @Test(
        "objects give every answer",
        arguments: ["queue", "memory", "semaphore", "mutex", "flags", "timer", "task", "taskqueue", "tasksem", "time"],
        modes)
    func answers(program: String, mode: CProgram.Mode) throws {
        let program = try CProgram("ucos/\(program).c", defines: ["_GNU_SOURCE"])
        let outcome = try program.run(mode)
        #expect(outcome.output == "all is well\n")
        #expect(outcome.status == 0)
    }

    @Test("packets of a UART stay in scope until the task has done with them", arguments: modes)
    func packets(mode: CProgram.Mode) throws {
        expect(try CProgram("ucos/packets.c").run(mode), prints: "all is well\n")
    }

    @Test("the internals of queues can be read", arguments: modes)
    func internals(mode: CProgram.Mode) throws {
        expect(
            try CProgram("ucos/internals.c", includes: ["ucos/pool10"]).run(mode),
            prints: """
                pool: NbrFree 10 NbrUsed 0 NbrUsedMax 0, 10 in the list
                pool: NbrFree 10 NbrUsed 0 NbrUsedMax 0, 10 in the list
                queue: NbrEntriesSize 5 NbrEntries 4 NbrEntriesMax 4: one(3), two(3), three(5), four(4)
                pool: NbrFree 6 NbrUsed 4 NbrUsedMax 4, 6 in the list
                queue: NbrEntriesSize 5 NbrEntries 3 NbrEntriesMax 4: two(3), three(5), four(4)
                task: NbrEntriesSize 2 NbrEntries 1 NbrEntriesMax 1: own(3)
                pool: NbrFree 6 NbrUsed 4 NbrUsedMax 4, 6 in the list
                queue: NbrEntriesSize 5 NbrEntries 0 NbrEntriesMax 0:
                pool: NbrFree 9 NbrUsed 1 NbrUsedMax 4, 9 in the list
                all is well

                """)
    }

    @Test("the header is for every compiler", arguments: CProgram.Compiler.all)
    func compilers(compiler: CProgram.Compiler) throws {
        let outcome = try CProgram("ucos/internals.c", compiler: compiler).run()
        #expect(outcome.status == 0, "\(outcome)")
    }
}
