import PeripheralIO
import RTOS
import Testing

@Suite("Request codes")
struct ControlRequestTests {
    /// The interface's table: number, value as C passes it, request.
    static let table: [(UInt32, UInt, ControlRequest)] = [
        (0, 0, .usePolledTX),
        (1, 0, .usePolledRX),
        (2, 0, .useZeroCopyTX),
        (3, 50, .useCharacterQueueTX(length: 50)),
        (4, 60, .useCharacterQueueRX(length: 60)),
        (5, 70, .useCircularBufferRX(length: 70)),
        (10, 100, .obtainWriteMutex(.ticks(100))),
        (11, 0, .waitPreviousWriteComplete(.now)),
        (12, 0, .releaseWriteMutex),
        (13, 0xFFFF_FFFF, .setTXTimeout(.forever)),
        (14, 7, .setRXTimeout(.ticks(7))),
        (15, 0, .clearRXBuffer),
        (100, 115_200, .setSpeed(115_200)),
        (101, 1, .useInterrupts(true)),
        (102, 5, .setInterruptPriority(5)),
        (200, 8, .setSPIDataBits(8)),
        (201, 0, .setSPIClockPhase(.leadingEdge)),
        (201, 1, .setSPIClockPhase(.trailingEdge)),
        (202, 0, .setSPIClockPolarity(.idlesLow)),
        (202, 1, .setSPIClockPolarity(.idlesHigh)),
        (203, 0, .setSPIMode(.master)),
        (203, 1, .setSPIMode(.slave)),
        (204, 0, .setSSPFrameFormat(.spi)),
        (204, 1, .setSSPFrameFormat(.texasInstruments)),
        (204, 2, .setSSPFrameFormat(.microwire)),
        (300, 0x50, .setI2CSlaveAddress(0x50)),
        (1000, 0, .holdChipSelect),
        (1001, 0, .releaseChipSelect),
        (1002, 1000, .setRXCoalescing(microseconds: 1000)),
    ]

    @Test("Number and value make the request, and the request tells its number", arguments: table)
    func roundTrip(number: UInt32, value: UInt, request: ControlRequest) {
        #expect(ControlRequest(number: number, value: value) == request)
        #expect(request.number == number)
    }

    @Test("Other numbers are no requests")
    func unknown() {
        let known = Set(Self.table.map(\.0))
        for number: UInt32 in 0...1100 where !known.contains(number) {
            #expect(ControlRequest(number: number, value: 0) == nil)
        }
        #expect(ControlRequest(number: .max, value: 0) == nil)
    }

    @Test("A value that is none of a request's makes no request", arguments: [201, 202, 203, 204] as [UInt32])
    func badValue(number: UInt32) {
        #expect(ControlRequest(number: number, value: 3) == nil)
    }

    @Test("A value that was requests ignore can be anything", arguments: [0, 1, 2, 12, 15, 1000, 1001] as [UInt32])
    func ignoredValue(number: UInt32) {
        #expect(ControlRequest(number: number, value: .max) == ControlRequest(number: number, value: 0))
    }

    @Test("Values too large for their type are the largest, and an endless wait is one however wide its value")
    func largeValues() {
        #expect(ControlRequest(number: 100, value: .max) == .setSpeed(.max))
        #expect(ControlRequest(number: 3, value: .max) == .useCharacterQueueTX(length: .max))
        #expect(ControlRequest(number: 300, value: .max) == .setI2CSlaveAddress(.max))
        #expect(ControlRequest(number: 10, value: .max) == .obtainWriteMutex(.forever))
        #expect(ControlRequest(number: 1002, value: .max) == .setRXCoalescing(microseconds: .max))
    }
}
