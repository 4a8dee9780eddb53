/// What the chip drives on its sixteen pins, as far as the driver has told it: ADBUS0–7 are bits 0–7, ACBUS0–7 bits
/// 8–15. The chip sets eight pins at a time, so that to change one the others must be known.
struct MPSSEPins: Hashable, Sendable {
    /// Levels of those that are outputs.
    var levels: UInt16 = 0
    /// 1 is an output.
    var outputs: UInt16 = 0

    static let clock: UInt16 = 1 << 0
    static let dataOut: UInt16 = 1 << 1
    static let dataIn: UInt16 = 1 << 2
    /// The bus's own.
    static let bus = clock | dataOut | dataIn

    /// The pins of the low byte that can be chip selects: ADBUS3 to ADBUS7.
    static func chipSelect(_ number: Int) -> UInt16 { 1 << UInt16(3 + number) }
    static let chipSelects = 0...4

    mutating func set(_ pins: UInt16, to level: Bool) {
        levels = level ? levels | pins : levels & ~pins
    }

    func appendLowByte(to commands: inout CommandBuffer) {
        commands.append(
            MPSSECommand.setLowByte, UInt8(truncatingIfNeeded: levels), UInt8(truncatingIfNeeded: outputs))
    }

    func appendHighByte(to commands: inout CommandBuffer) {
        commands.append(MPSSECommand.setHighByte, UInt8(levels >> 8), UInt8(outputs >> 8))
    }
}
