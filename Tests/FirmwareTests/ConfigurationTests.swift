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
}
