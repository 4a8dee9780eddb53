/// Something on the machine that stands in the way, and the line that mends it.
public struct Finding: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case noSuchDevice
        case udevIsNotRunning
        case noRules
        case noPermission
        case heldByDriver
        case heldByProcess
        case latencyTimer
        case spidevIsNotBound
        case smallBuffer
        case noRealTime
    }

    public var kind: Kind
    /// The device that it is about; nil for the whole machine.
    public var device: String?
    public var problem: String
    /// A command to type, or what to do.
    public var cure: String
}
