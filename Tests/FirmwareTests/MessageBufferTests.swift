import Testing

@Suite("FreeRTOS message buffers")
struct MessageBufferTests {
    @Test("Messages of 10, 20 and 123 bytes go through one buffer", arguments: CProgram.Mode.allCases)
    func sizes(mode: CProgram.Mode) throws {
        expect(try CProgram("message_buffer_sizes.c").run(mode), prints: "2000 messages\n")
    }

    /// With virtual ticks a thread from outside has no place in the sequence.
    @Test("One core writes, an interrupt tells the other", arguments: [CProgram.Mode.parallel, .single])
    func twoCores(mode: CProgram.Mode) throws {
        expect(
            try CProgram("two_cores.c", includes: ["two_cores"]).run(mode), prints: "500 messages to each of 2\n")
    }
}
