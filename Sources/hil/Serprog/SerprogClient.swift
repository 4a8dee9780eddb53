import Foundation

/// A client of the programmer: a socket that is read with patience, but not for ever.
struct SerprogClient {
    /// Why a client is served no longer.
    enum End: Error {
        case left
        case brokeOff
        case idle
        case readsNothing
    }

    /// Milliseconds.
    struct Patience {
        /// For the first request, and for the rest of one that has begun.
        var request: Int32 = 10_000
        /// Between two requests.
        var idle: Int32
        /// For the client to take an answer.
        var answer: Int32 = 10_000
    }

    private let socket: Int32
    private let patience: Patience
    private var parser = SerprogParser()
    private var isKnown = false
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(socket: Int32, patience: Patience) {
        self.socket = socket
        self.patience = patience
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        // A peer whose machine has gone is found out in the end.
        setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: Int(patience.answer / 1000), tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// The next request. Blocks for as long as patience lasts.
    mutating func next() throws(End) -> SerprogRequest {
        while true {
            if let request = parser.next() {
                isKnown = true
                return request
            }
            let isWithin = parser.isWithinRequest
            try awaitBytes(isWithin || !isKnown ? patience.request : patience.idle)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw isWithin ? .brokeOff : .left }
            parser.append(buffer[..<count])
        }
    }

    private func awaitBytes(_ milliseconds: Int32) throws(End) {
        var poll = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while true {
            let count = Foundation.poll(&poll, 1, milliseconds)
            if count > 0 { return }
            guard count < 0, errno == EINTR else { throw parser.isWithinRequest ? .brokeOff : .idle }
        }
    }

    func answer(_ bytes: [UInt8]) throws(End) {
        var done = 0
        while done < bytes.count {
            let step = bytes.withUnsafeBytes {
                send(socket, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            if step > 0 {
                done += step
            } else if errno != EINTR {
                throw errno == EAGAIN ? .readsNothing : .left
            }
        }
    }
}
