import RTOS
import Testing
import VirtualHardware

@testable import PeripheralIO

@Suite("Loss of the device", .watched)
struct DeviceLossTests {
    @Test("When the far end hangs up, whatever blocks ends with it", arguments: BlockedCall.on(.pty))
    func hangUp(blocked: BlockedCall) throws {
        let rig = try Rig(.pty)
        let calls = try blocked.start(on: rig)
        rig.hangUp()
        try expectLost(calls, rig)
    }

    /// In wall time, so that others block meanwhile: 1000 bytes take 87 ms and 80 ms.
    @Test(
        "When a virtual device is unplugged in the middle, whatever blocks ends with it",
        arguments: BlockedCall.on(.uart).map { (Device.uart, $0) } + BlockedCall.on(.spi).map { (Device.spi, $0) })
    func unplugged(device: Device, blocked: BlockedCall) throws {
        var faults = FaultPlan()
        faults.unplugAfter = 1000
        let rig = try Rig(device, rate: device == .uart ? 115_200 : 100_000, faults: faults, clock: .wall)
        try expectLost(try blocked.start(on: rig), rig)
    }

    @Test("A slow wire does not put it off")
    func slowWire() throws {
        // The whole write would take a quarter of an hour.
        var faults = FaultPlan()
        faults.unplugAfter = 2
        for device in Device.virtual {
            let rig = try Rig(device, rate: 500, faults: faults, clock: .wall)
            guard case .deviceLost = try rig.writing(pattern(50_000)).error() else {
                Issue.record("\(device) was not lost")
                continue
            }
        }
    }

    @Test("It is found out when nobody calls, and every call after it ends with it", arguments: Device.allCases)
    func afterwards(device: Device) throws {
        var faults = FaultPlan()
        faults.unplugAfter = 100
        let rig = try Rig(device, faults: faults)
        if device == .pty { rig.hangUp() } else { _ = try? rig.port.write(pattern(200)) }
        try eventually("the loss is known") { rig.port.engine.state.withLock { $0.ended != nil } }
        let requests: [ControlRequest] = [
            .usePolledTX, .useZeroCopyTX, .useCharacterQueueTX(length: 10), .usePolledRX,
            .useCharacterQueueRX(length: 10), .useCircularBufferRX(length: 10), .obtainWriteMutex(.forever),
            .releaseWriteMutex, .clearRXBuffer, .setSpeed(9600),
        ]
        var calls = requests.map { request in rig.ending("\(request)") { try $0.control(request) } }
        calls.append(rig.ending("write") { _ = try $0.write([1]) })
        calls.append(rig.ending("read") { _ = try $0.read(1) })
        calls.append(rig.call("in flight") { $0.write(TransferBuffer([1])).wait().error })
        try expectLost(calls, rig)
    }

    @Test("A waiter for a write that had completed before is told of the loss too")
    func completedBefore() throws {
        let (port, device) = try Peripheral.gated()
        let write = port.write(TransferBuffer(pattern(10)))
        try device.finish()
        #expect(write.wait().error == nil)
        let lost = PeripheralError.deviceLost("gated")
        let second = port.write(TransferBuffer(pattern(10)))
        device.fail(lost)
        #expect(second.wait().error == lost)
        #expect(throws: lost) { try port.control(.waitPreviousWriteComplete(.forever)) }
        #expect(throws: lost) { try port.control(.obtainWriteMutex(.forever)) }
    }

    @Test("The device lets go of the buffer before its owner has it back")
    func letsGoFirst() throws {
        let (port, device) = try Peripheral.gated()
        let write = port.write(TransferBuffer(pattern(10)))
        #expect(device.memory != nil)
        device.fail(.deviceLost("gated"))
        let finished = write.wait()
        #expect(device.memory == nil)
        #expect(finished.error == .deviceLost("gated"))
        #expect(finished.takeBuffer().array == pattern(10))
    }

    @Test("A loss that is first met in what comes in ends the write that is on its way")
    func lossWhileReceiving() throws {
        let (port, device) = try Peripheral.gated()
        try port.control(.useCircularBufferRX(length: 100))
        let write = port.write(TransferBuffer(pattern(10)))
        #expect(device.memory != nil)
        let reading = Call { try port.read(1) }
        device.fail(.deviceLost("gated"))
        #expect(try reading.error() == .deviceLost("gated"))
        let isOver = write.isComplete(within: .milliseconds(10_000))
        try #require(isOver)
        #expect(write.wait().error == .deviceLost("gated"))
        #expect(device.aborts == 1)
    }

    private func expectLost(_ calls: [Call<PeripheralError?>], _ rig: Rig) throws {
        for call in calls {
            let error = try call.value()
            guard case .deviceLost = error else {
                Issue.record("\(rig.device): “\(call.name)” ended with \(String(describing: error))")
                continue
            }
        }
    }
}
