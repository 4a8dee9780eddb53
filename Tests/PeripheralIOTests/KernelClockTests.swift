import RTOS
import Synchronization
import Testing
import VirtualHardware

@testable import PeripheralIO

/// Virtual devices in the virtual time of the tasks that use them.
@Suite("Devices in a kernel's virtual time", .watched)
struct KernelClockTests {
    private func kernel(seed: UInt64) -> Kernel {
        var configuration = Kernel.Configuration(processors: .single, ticks: .virtual(seed: seed))
        configuration.startsAtOnce = false
        return Kernel(configuration)
    }

    @Test("Bytes take the ticks that they take on the wire, in every mode")
    func wireTime() throws {
        for mode in [nil, ControlRequest.useZeroCopyTX, .useCharacterQueueTX(length: 8)] {
            let kernel = kernel(seed: 1)
            let ticks = Mutex<[UInt64]>([])
            RTOSTask.start(name: "sender", kernel: kernel) {
                guard let port = try? Peripheral("virtual://uart?baud=9600", clock: .kernel(KernelClock(kernel))) else {
                    return
                }
                if let mode { _ = try? port.control(mode) }
                let start = Kernel.ticks()
                // 96 bytes of ten bits at 9600 baud: 100 ms.
                let bytes = [UInt8](repeating: 0x55, count: 96)
                if port.transmitMode == .zeroCopy {
                    _ = port.write(TransferBuffer(copying: bytes.span.bytes)).wait()
                } else {
                    _ = try? port.write(bytes.span.bytes)
                    if mode != nil { _ = try? port.control(.waitPreviousWriteComplete(.forever)) }
                }
                ticks.withLock { $0.append(Kernel.ticks() - start) }
                port.close()
            }
            kernel.start()
            #expect(kernel.waitUntilEnded(.milliseconds(60_000)), "tasks hang")
            let taken = ticks.withLock { $0 }
            #expect(taken.count == 1 && (99...110).contains(taken[0]), "\(String(describing: mode)): \(taken)")
        }
    }

    @Test("Before the kernel is started, time goes by for who transfers by itself")
    func beforeStart() throws {
        let kernel = kernel(seed: 2)
        let clock = KernelClock(kernel)
        let port = try Peripheral("virtual://spi?speed=1M", clock: .kernel(clock))
        let start = clock.now
        let bytes = [UInt8](repeating: 1, count: 1000)
        #expect(try port.write(bytes.span.bytes) == 1000)
        #expect(clock.now.nanoseconds - start.nanoseconds >= 8_000_000)
        kernel.start()
        port.close()
    }
}
