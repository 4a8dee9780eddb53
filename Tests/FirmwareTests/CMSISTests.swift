import Testing

/// Programs that check every function of a part of the interface, and each of its answers.
@Suite("CMSIS-RTOS2")
struct CMSISTests {
    /// A part, and what is said on stderr about the misuse that it checks, by whom.
    struct Part: CustomTestStringConvertible, Sendable {
        var name: String
        var misuse: [(who: String, call: String, problem: String)] = []

        var testDescription: String { name }

        var errors: String {
            misuse.map { "hilbridge: \($0.who): \($0.call): \($0.problem)\n" }.joined()
        }

        init(_ name: String, blockingInInterrupt calls: [String] = [], freedTwice: Bool = false) {
            self.name = name
            if freedTwice { misuse.append(("task 'checks'", "osMemoryPoolFree", "the block is free already")) }
            misuse += calls.map {
                (
                    "interrupt", $0,
                    "an interrupt must not block: where the call is allowed, use a time of 0"
                )
            }
        }
    }

    static let parts = [
        Part("kernel"),
        Part("threads", blockingInInterrupt: ["osThreadJoin"]),
        Part("flags", blockingInInterrupt: ["osThreadFlagsWait", "osEventFlagsWait"]),
        Part("timers", blockingInInterrupt: ["osDelay", "osDelayUntil"]),
        Part("mutexes", blockingInInterrupt: ["osMutexAcquire"]),
        Part("semaphores", blockingInInterrupt: ["osSemaphoreAcquire"]),
        Part("memory_pools", blockingInInterrupt: ["osMemoryPoolAlloc"], freedTwice: true),
        Part("message_queues", blockingInInterrupt: ["osMessageQueuePut", "osMessageQueueGet"]),
    ]

    @Test("works as its documentation says", arguments: parts, CProgram.Mode.allCases)
    func part(part: Part, mode: CProgram.Mode) throws {
        expect(
            try CProgram("cmsis_\(part.name).c").run(mode), prints: "all so\n", errors: part.errors,
            "\(part.name), \(mode)")
    }

    @Test(
        "on a single core, runs the highest priority before a call returns",
        arguments: [CProgram.Mode.single, .virtual])
    func scheduling(mode: CProgram.Mode) throws {
        expect(try CProgram("cmsis_scheduling.c").run(mode), prints: "all so\n", "\(mode)")
    }

    @Test("runs the same again from the same seed")
    func repeatability() throws {
        let program = try CProgram("cmsis_message_queues.c")
        var traces: Set<String> = []
        for _ in 1...10 {
            #expect(try program.run(.virtual, environment: ["HIL_SEED": "7", "HIL_TRACE": "trace"]).status == 0)
            traces.insert(try program.takeFile("trace"))
        }
        #expect(traces.count == 1)
    }

    @Test("compiles without a warning", arguments: parts, CProgram.Compiler.all)
    func compilers(part: Part, compiler: CProgram.Compiler) throws {
        _ = try CProgram("cmsis_\(part.name).c", compiler: compiler)
    }
}

@Suite("The zero-copy mailbox exercise")
struct ZeroCopyMailboxTests {
    private static let mention =
        "messages of 4 bytes are smaller than a pointer: only addresses below 4 GiB fit, as the library's own are, but "
        + "not those of static variables and stacks"

    @Test("works as it was written, with messages of 4 bytes", arguments: CProgram.Mode.allCases)
    func asWritten(mode: CProgram.Mode) throws {
        let outcome = try CProgram("zero_copy_mailbox.c").run(mode)
        #expect(outcome.output == "AA\n55\nAA\n55\nAA\n55\n")
        #expect(outcome.status == 0)
        // Its thread has no name.
        #expect(outcome.errors == "hilbridge: task 'thread': osMessageQueueNew: \(Self.mention)\n")
    }

    @Test("is there for every compiler", arguments: CProgram.Compiler.all)
    func compilers(compiler: CProgram.Compiler) throws {
        let outcome = try CProgram("zero_copy_mailbox.c", compiler: compiler).run()
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test("is there for C++", arguments: CProgram.Compiler.allForCPlusPlus)
    func cPlusPlus(compiler: CProgram.Compiler) throws {
        let outcome = try CProgram("cmsis_mailbox.cpp", compiler: compiler).run()
        #expect(outcome.status == 0 && outcome.output == "42\n", "\(outcome)")
    }
}
