import Foundation

/// A TCP port of this machine that clients can connect to.
struct TCPListener {
    /// An IPv4 address and a port, as users write them: `127.0.0.1:4000`.
    struct Place {
        var address: String
        var port: UInt16

        /// - Parameter option: what to name in the message if it cannot be understood.
        init(_ text: String, option: String) throws {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            var number = in_addr()
            guard parts.count == 2, let port = UInt16(parts[1]), inet_pton(AF_INET, String(parts[0]), &number) == 1
            else {
                throw UsageError(message: "\(option) takes an IPv4 address and a port, such as 127.0.0.1:4000")
            }
            (address, self.port) = (String(parts[0]), port)
        }
    }

    let descriptor: Int32
    /// The port it listens on, also if any that is free was asked for.
    let port: UInt16

    /// Listens. Who can reach the address can connect: there is no password.
    ///
    /// - Parameter backlog: clients that may wait until they are accepted.
    init(_ place: Place, backlog: Int32) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = place.port.bigEndian
        _ = inet_pton(AF_INET, place.address, &address.sin_addr)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            let address = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            guard bind(descriptor, address, size) == 0, listen(descriptor, backlog) == 0 else { return errno }
            return getsockname(descriptor, address, &size) == 0 ? 0 : errno
        }
        guard code == 0 else {
            StandardStreams.tell(
                "hil: cannot listen on \(place.address):\(place.port): \(String(cString: strerror(code)))")
            Foundation.close(descriptor)
            throw code == EADDRINUSE ? ExitStatus.busy : ExitStatus.usage
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// The next client; nil once the port has been shut.
    func accept() -> Int32? {
        while true {
            let client = Foundation.accept(descriptor, nil, nil)
            if client >= 0 {
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                return client
            }
            // Shut, or no socket at all: nothing will come any more.
            if errno == EINVAL || errno == EBADF { return nil }
            // Out of descriptors, or a client that left at once: others may be luckier, a little later.
            usleep(10_000)
        }
    }

    /// Accepts nobody any more. From any thread.
    func shut() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
