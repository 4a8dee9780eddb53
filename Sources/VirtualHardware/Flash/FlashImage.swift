import Glibc

/// A file that holds what a flash holds, byte for byte.
public struct FlashImage: Sendable {
    public let path: String
    /// How often the flash had changed when it was last written to the file.
    private var writtenChanges: UInt64 = 0

    /// The largest flash that three address bytes reach.
    public static let largest = 16 << 20

    /// Why a file could not be read or written: the call's `errno`.
    public struct Failure: Error, Hashable, Sendable {
        public let path: String
        public let code: Int32
    }

    public init(path: String) {
        self.path = path
    }

    /// What the file holds, at most `limit` bytes.
    public func read(limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, done in
            while done < limit {
                let step = Glibc.read(descriptor, buffer.baseAddress! + done, limit - done)
                if step > 0 {
                    done += step
                } else if step == 0 || errno != EINTR {
                    code = step == 0 ? 0 : errno
                    return
                }
            }
        }
        guard code == 0 else { throw Failure(path: path, code: code) }
        return bytes
    }

    /// Puts `bytes` in the place of the file, which is old or new, never in between: written beside it, then renamed.
    public func write(_ bytes: [UInt8]) throws(Failure) {
        let beside = path + ".part"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        var done = 0
        while done < bytes.count {
            let step = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if step > 0 {
                done += step
            } else if errno != EINTR {
                let code = errno
                close(descriptor)
                unlink(beside)
                throw Failure(path: path, code: code)
            }
        }
        close(descriptor)
        guard rename(beside, path) == 0 else { throw failure() }
    }

    // MARK: The flash that goes with it

    /// A flash that holds what the file does: a Winbond W25Q of the file's size, 2 MiB at least. A file that is missing is
    /// made, erased.
    ///
    /// - Throws: `EFBIG` if it is longer than the largest flash; otherwise why it cannot be read, or not be written.
    public func makeFlash() throws(Failure) -> NORFlash {
        var contents: [UInt8] = []
        var isMissing = false
        do throws(Failure) {
            contents = try read(limit: Self.largest + 1)
        } catch {
            guard error.code == ENOENT else { throw error }
            isMissing = true
        }
        guard contents.count <= Self.largest else { throw Failure(path: path, code: EFBIG) }
        var identity = FlashIdentity.w25q16
        while identity.capacity < contents.count,
            let next = FlashIdentity(manufacturer: 0xEF, memoryType: 0x40, capacityCode: identity.capacityCode + 1)
        {
            identity = next
        }
        let flash = NORFlash(identity, contents: contents)
        // Found out now rather than when there is something to lose.
        if isMissing { try write(flash.contents) }
        guard access(path, W_OK) == 0 else { throw failure() }
        return flash
    }

    /// Writes what the flash holds to the file, if it has changed since `makeFlash` or the last time.
    public mutating func keep(_ flash: NORFlash) throws(Failure) {
        guard flash.changeCount != writtenChanges else { return }
        try write(flash.contents)
        writtenChanges = flash.changeCount
    }

    private func failure() -> Failure { Failure(path: path, code: errno) }
}
