import Testing
import VirtualHardware

@Suite("Seeded generator")
struct SeededGeneratorTests {
    @Test("gives the numbers that SplitMix64 gives from seed 0")
    func knownNumbers() {
        // Worked out from the paper's formula with Python's integers.
        var generator = SeededGenerator(seed: 0)
        #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
        #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(generator.next() == 0x06C4_5D18_8009_454F)
        #expect(generator.next() == 0xF88B_B8A8_724C_81EC)
        #expect(generator.next() == 0x1B39_896A_51A8_749B)
    }

    @Test("goes on after a copy as the original does")
    func copies() {
        var generator = SeededGenerator(seed: 7)
        _ = generator.next()
        var copy = generator
        #expect(generator.next() == copy.next())
        #expect(generator == copy)
        #expect(generator != SeededGenerator(seed: 7))
    }
}
