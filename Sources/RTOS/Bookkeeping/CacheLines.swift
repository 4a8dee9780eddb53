import Synchronization

/// Keeps what different threads write apart, so that one's writes do not slow the other's reads.
public enum CacheLines {
    /// Bytes between two such places: two lines of 64 bytes, because processors fetch lines in pairs.
    public static let distance = 128

    /// Room for one counter that shares its lines with nothing. Free it as raw memory.
    static func allocate() -> UnsafeMutablePointer<Atomic<UInt>> {
        UnsafeMutableRawPointer.allocate(byteCount: distance, alignment: distance)
            .bindMemory(to: Atomic<UInt>.self, capacity: 1)
    }
}
