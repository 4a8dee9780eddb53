import CLinux
import Foundation

/// Standard input and output as bytes, and files as a user names them: "-" stands for the stream.
enum StandardStreams {
    /// What was to be written could not be.
    struct OutputError: Error {
        /// nil is standard output.
        var path: String?
        var number: Int32

        /// The reader has seen enough, and has gone.
        var isUnread: Bool { path == nil && number == EPIPE }
        var message: String { "\(path ?? "standard output"): \(String(cString: strerror(number)))" }
    }

    /// Writes all of it; throws when nobody reads any more, or the disk is full.
    static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32 = STDOUT_FILENO) throws {
        let bytes = Array(bytes)
        var done = 0
        while done < bytes.count {
            let step = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if step > 0 {
                done += step
            } else if errno != EINTR {
                throw OutputError(number: errno)
            }
        }
    }

    /// Writes out what has been printed.
    ///
    /// - Throws: if that, or something that was printed before, could not be written.
    static func flush() throws {
        let number = hil_output_flush()
        guard number != 0 else { return }
        // The call that failed may have been an earlier one, whose error stdio does not keep.
        var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        let isUnread = poll(&output, 1, 0) > 0 && Int32(output.revents) & POLLERR != 0
        throw OutputError(number: isUnread ? EPIPE : number)
    }

    /// Writes a file as a user names it, anew: what is there stays what it is, be it a device, a pipe or a link.
    static func write(_ text: String, toFile path: String) throws {
        let descriptor = try open(writing: path)
        defer { if descriptor != STDOUT_FILENO { close(descriptor) } }
        do {
            try write(text.utf8, to: descriptor)
        } catch let error as OutputError {
            throw OutputError(path: path, number: error.number)
        }
    }

    /// A line for people, beside the data.
    static func tell(_ line: String) {
        try? write((line + "\n").utf8, to: STDERR_FILENO)
    }

    /// Up to `limit` bytes from a file, fewer only at its end.
    static func read(_ descriptor: Int32, limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let wanted = min(limit - bytes.count, 1 << 16)
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: wanted) { buffer, done in
                count = Foundation.read(descriptor, buffer.baseAddress, wanted)
                done = max(0, count)
            }
            if count == 0 { break }
            guard count > 0 || errno == EINTR else {
                throw UsageError(message: "cannot read the input: \(String(cString: strerror(errno)))")
            }
        }
        return bytes
    }

    /// The descriptor of a file to read, or of standard input.
    static func open(reading path: String) throws -> Int32 {
        if path == "-" { return STDIN_FILENO }
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw UsageError(message: "\(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// The descriptor of a file to write anew, or of standard output.
    static func open(writing path: String) throws -> Int32 {
        if path == "-" { return STDOUT_FILENO }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw UsageError(
                message: """
                    \(path): cannot be written (\(String(cString: strerror(errno)))); choose a file in a folder that you \
                    may write to
                    """)
        }
        return descriptor
    }
}
