import Glibc

/// A file that holds what a flash holds, byte for byte.
public struct FlashImage: Sendable {
    public let path: String

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

    private func failure() -> Failure { Failure(path: path, code: errno) }
}
