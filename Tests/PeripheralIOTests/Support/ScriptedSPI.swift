import Synchronization
import VirtualHardware

/// A device on an SPI bus that notes what it is sent and answers what it was told to.
struct ScriptedSPI: SPIModel {
    /// What it answers when it was told nothing.
    static let silence: UInt8 = 0xEE

    let script: SPIScript

    mutating func select() { script.state.withLock { $0.selections += 1 } }

    mutating func shift(_ mosi: UInt8) -> UInt8 {
        script.state.withLock { state in
            state.received.append(mosi)
            return state.answers.popFirst() ?? Self.silence
        }
    }

    mutating func deselect() { script.state.withLock { $0.deselections += 1 } }
}

/// The notes of a `ScriptedSPI`.
final class SPIScript: Sendable {
    struct State {
        var received: [UInt8] = []
        var answers: ArraySlice<UInt8> = []
        var selections = 0
        var deselections = 0
    }

    let state = Mutex(State())

    var received: [UInt8] { state.withLock { $0.received } }
    var isSelected: Bool { state.withLock { $0.selections > $0.deselections } }
    var selections: Int { state.withLock { $0.selections } }

    func answer(_ bytes: [UInt8]) {
        state.withLock { $0.answers += bytes }
    }
}
