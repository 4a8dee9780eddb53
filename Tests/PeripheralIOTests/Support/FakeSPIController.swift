import CLinux
import Glibc
import RTOS
import VirtualHardware

@testable import PeripheralIO

/// What the kernel does with requests to spidev nodes, with a device model on each chip select: the limits of
/// drivers/spi/spidev.c, and chip select as drivers/spi/spi.c moves it.
final class FakeSPIController: SPIDevCalls {
    struct Traits: Sendable {
        var bufferSize = 4096
        /// Modes that are refused, and modes that are dropped in silence.
        var refused: SPIMode = []
        var dropped: SPIMode = []
        var bits: ClosedRange<UInt8> = 1...32
        var speed: UInt32 = 20_000_000
        /// The mode that a node has before anybody sets it.
        var mode: SPIMode = []
    }

    struct Message: Sendable {
        var chipSelect: Int
        var transfers: [spi_ioc_transfer]
    }

    private struct State: ~Copyable {
        var models: [any SPIModel]
        var setups: [hil_spi_setup]
        var descriptors: [Int32: Int] = [:]
        /// The chip select that was kept after the last message.
        var kept: Int?
        var messages: [Message] = []
        var refusals: [Int32] = []
        /// Frames that another chip select broke into.
        var intrusions = 0
    }

    let traits: Traits
    private let state: Guarded<State>

    init(_ models: [any SPIModel], _ traits: Traits = Traits()) {
        self.traits = traits
        let setup = hil_spi_setup(mode: traits.mode.rawValue, bits_per_word: 8, speed: traits.speed)
        state = Guarded(State(models: models, setups: models.map { _ in setup }))
    }

    var messages: [Message] { state.withLock { $0.messages } }
    var intrusions: Int { state.withLock { $0.intrusions } }
    var kept: Int? { state.withLock { $0.kept } }

    func setup(_ chipSelect: Int = 0) -> hil_spi_setup { state.withLock { $0.setups[chipSelect] } }

    /// The next message fails with this number.
    func refuse(_ number: Int32) { state.withLock { $0.refusals.append(number) } }

    /// A driver on one of its chip selects.
    func driver(
        _ bus: SPIDevBus = SPIDevBus(), chipSelect: Int = 0, _ settings: SPISettings = SPISettings(),
        name: String? = nil
    ) throws(PeripheralError) -> SPIDevDriver {
        let limits = SPIMessageLimits(bufferSize: min(traits.bufferSize, settings.chunk ?? .max))
        return try SPIDevDriver(
            bus, path: path(chipSelect), nodes: [path(chipSelect)], name: name ?? "spidev0.\(chipSelect)",
            settings: settings, limits: limits, calls: self
        ) { _ throws(PeripheralError) in
            let descriptor = open("/dev/null", O_RDWR | O_CLOEXEC)
            state.withLock { $0.descriptors[descriptor] = chipSelect }
            return descriptor
        }
    }

    func peripheral(
        _ bus: SPIDevBus = SPIDevBus(), chipSelect: Int = 0, _ query: String = ""
    ) throws(PeripheralError) -> Peripheral {
        let address = try DeviceAddress(path(chipSelect) + query)
        return try Peripheral(address: address, driver: driver(bus, chipSelect: chipSelect, address.spi))
    }

    private func path(_ chipSelect: Int) -> String { "/dev/spidev0.\(chipSelect)" }

    // MARK: Requests

    func get(_ descriptor: Int32, _ setup: inout hil_spi_setup) -> Int32 {
        setup = state.withLock { $0.setups[$0.descriptors[descriptor]!] }
        return 0
    }

    func setMode(_ descriptor: Int32, _ mode: UInt32) -> Int32 {
        guard SPIMode(rawValue: mode).isDisjoint(with: traits.refused) else { return EINVAL }
        state.withLock { $0.setups[$0.descriptors[descriptor]!].mode = mode & ~traits.dropped.rawValue }
        return 0
    }

    func setBits(_ descriptor: Int32, _ bits: UInt8) -> Int32 {
        guard traits.bits.contains(bits) else { return EINVAL }
        state.withLock { $0.setups[$0.descriptors[descriptor]!].bits_per_word = bits }
        return 0
    }

    func setSpeed(_ descriptor: Int32, _ speed: UInt32) -> Int32 {
        state.withLock { $0.setups[$0.descriptors[descriptor]!].speed = speed }
        return 0
    }

    func message(_ descriptor: Int32, _ transfers: UnsafeBufferPointer<spi_ioc_transfer>) -> Int {
        guard transfers.count <= 511 else { return 0 }
        let chipSelect = state.withLock { $0.descriptors[descriptor]! }
        return state.withLock { state in
            state.messages.append(Message(chipSelect: chipSelect, transfers: Array(transfers)))
            if !state.refusals.isEmpty {
                if state.kept == chipSelect { state.models[chipSelect].deselect() }
                state.kept = nil
                return -Int(state.refusals.removeFirst())
            }
            func counted(_ isCounted: (spi_ioc_transfer) -> Bool) -> Int {
                transfers.filter(isCounted).map { (Int($0.len) + 7) / 8 * 8 }.reduce(0, +)
            }
            if max(counted { $0.tx_buf != 0 }, counted { $0.rx_buf != 0 }) > traits.bufferSize { return -Int(EMSGSIZE) }
            if let kept = state.kept, kept != chipSelect { state.intrusions += 1 }
            if state.kept != chipSelect { state.models[chipSelect].select() }
            state.kept = nil
            for (place, transfer) in transfers.enumerated() {
                Self.shift(transfer, &state.models[chipSelect])
                let isLast = place == transfers.count - 1
                if isLast, transfer.cs_change != 0 { state.kept = chipSelect }
                if isLast == (transfer.cs_change != 0) { continue }
                state.models[chipSelect].deselect()
                if !isLast { state.models[chipSelect].select() }
            }
            return transfers.map { Int($0.len) }.reduce(0, +)
        }
    }

    private static func shift(_ transfer: spi_ioc_transfer, _ model: inout any SPIModel) {
        let sent = UnsafePointer<UInt8>(bitPattern: UInt(transfer.tx_buf))
        let received = UnsafeMutablePointer<UInt8>(bitPattern: UInt(transfer.rx_buf))
        for place in 0..<Int(transfer.len) {
            let byte = model.shift(sent?[place] ?? 0)
            received?[place] = byte
        }
    }
}
