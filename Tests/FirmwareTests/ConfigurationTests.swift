import Testing

@Suite("A firmware's own FreeRTOSConfig.h")
struct ConfigurationTests {
    @Test("is honoured: tick, priorities, hooks, heap, assertions, length type", arguments: CProgram.Mode.allCases)
    func honoured(mode: CProgram.Mode) throws {
        let program = try CProgram("configured.c", "configured_bytes.c", includes: ["configured"])
        expect(
            try program.run(mode), prints: "all so\n",
            errors: """
                hilbridge: interrupt: vTaskDelay: an interrupt must not block: use a time of 0 and the FromISR form
                hilbridge: task 'main ': vQueueDelete: the handle is NULL

                """)
    }

    @Test(
        "says on a single core whether tasks pre-empt each other and take turns",
        arguments: ["cooperative", "unsliced"],
        [CProgram.Mode.single, .virtual])
    func turns(configuration: String, mode: CProgram.Mode) throws {
        expect(try CProgram("turns.c", includes: [configuration]).run(mode), prints: "all so\n")
    }
}

@Suite("The environment of a firmware")
struct EnvironmentTests {
    @Test(
        "is refused where it means nothing",
        arguments: [
            ("HIL_CPU", "sinlge", "HIL_CPU=sinlge: it is parallel or single"),
            ("HIL_TICK", "real", "HIL_TICK=real: it is virtual or wall"),
            ("HIL_SEED", "-1", "HIL_SEED=-1: it is a number from 0 to 18446744073709551615"),
        ])
    func refused(variable: String, value: String, problem: String) throws {
        let outcome = try CProgram("tasks.c").run(environment: [variable: value])
        #expect(outcome.status == 2)
        #expect(outcome.errors == "hilbridge: \(problem)\n")
        #expect(outcome.output == "")
    }

    @Test("can be set by the firmware itself, before its first call")
    func setByItself() throws {
        expect(try CProgram("environment.c").run(), prints: "single core, virtual ticks\n")
    }
}
