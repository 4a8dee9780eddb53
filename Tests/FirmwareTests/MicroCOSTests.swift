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
        let outcome = try CProgram("ucos/\(program).c").run(mode)
        #expect(outcome.output == "all is well\n")
        #expect(outcome.status == 0)
    }

    @Test("a block that is freed wrongly is told", arguments: modes)
    func misuse(mode: CProgram.Mode) throws {
        let outcome = try CProgram("ucos/memory.c").run(mode)
        #expect(
            outcome.errors == """
                hilbridge: task 'checks': OSMemPut: the address is inside a block, not at its start
                hilbridge: task 'checks': OSMemPut: the address is not in this partition
                hilbridge: task 'checks': OSMemPut: the block is free already: it was freed twice

                """)
    }

    @Test(
        "on one core the lowest number runs, and a switch can be put off",
        arguments: [CProgram.Mode.single, .virtual])
    func oneCore(mode: CProgram.Mode) throws {
        expect(
            try CProgram("ucos/onecore.c").run(mode),
            prints: """
                high
                created
                higher
                created
                high
                posted
                not yet
                higher
                high
                scheduled
                not yet
                high
                locked
                high
                unlocked
                critical
                high
                interrupt
                high
                equal got it
                resumed
                high
                changed
                all is well

                """)
    }

    @Test("many tasks lose nothing", arguments: CProgram.Mode.allCases)
    func storm(mode: CProgram.Mode) throws {
        expect(try CProgram("ucos/storm.c").run(mode), prints: "all is well\n")
    }

    @Test("in parallel, what was stopped touches nothing any more")
    func stopping() throws {
        expect(try CProgram("ucos/stopping.c").run(), prints: "all is well\n")
    }

    @Test("the same seed gives the same switches, another one others")
    func determinism() throws {
        let program = try CProgram("ucos/storm.c")
        let traces = try ["1", "1", "1", "2"].map { seed in
            expect(
                try program.run(.virtual, environment: ["HIL_SEED": seed, "HIL_TRACE": "trace"]),
                prints: "all is well\n")
            return try program.takeFile("trace")
        }
        #expect(traces[0] == traces[1] && traces[1] == traces[2])
        #expect(traces[0] != traces[3])
        #expect(!traces[0].isEmpty)
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

    @Test("the header is for C++ as well", arguments: CProgram.Compiler.allForCPlusPlus)
    func cPlusPlus(compiler: CProgram.Compiler) throws {
        expect(try CProgram("ucos/header.cpp", compiler: compiler).run(), prints: "all is well\n")
    }
}
