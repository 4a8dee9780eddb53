import Glibc
import RTOS

/// Lends a virtual FT232H to USB/IP clients: anybody with a Linux machine can `usbip attach` it, and the real kernel,
/// libusb and programs take it for the chip.
///
/// Speaks protocol 1.1.1 over TCP, in wall time, to any number of clients of which one at a time has the device. A
/// client that breaks the protocol, reads nothing or goes away loses its connection and its URBs, and nobody else's.
public final class USBIPServer: Sendable {
    public typealias Host = USBHostController<VirtualFT232H>

    /// Why it does not listen: the call and its `errno`.
    public struct Failure: Error, Hashable, Sendable {
        public let call: String
        public let code: Int32
    }

    private static let mostConnections = 16

    private struct State {
        var connections: [UInt64: USBIPConnection] = [:]
        var attached: UInt64?
        var lastNumber: UInt64 = 0
        var isStopping = false
    }

    /// What clients are told of the device.
    public let device: USBIPDevice
    /// The TCP port that it listens on.
    public let port: UInt16
    private let listener: Int32
    private let state: Guarded<State>
    private let host: Host
    private let ends: EndsOfURBs

    /// Where the host controller's thread finds the server, which is made after it.
    private final class EndsOfURBs: Sendable {
        let server = Guarded<Weak>(Weak())
        struct Weak { weak var server: USBIPServer? }

        func ended(_ completion: URBCompletion) {
            server.withLock { $0.server }?.ended(completion)
        }
    }

    /// Listens; clients are served on threads of their own until `stop`.
    ///
    /// - Parameters:
    ///   - address: an IPv4 address of this machine. Who can reach it can use the device: there is no password.
    ///   - port: 0 for any that is free.
    public init(_ chip: VirtualFT232H, address: String = "127.0.0.1", port: UInt16 = 3240) throws(Failure) {
        let (deviceDescriptor, configuration) = (chip.descriptor(0x0100), chip.descriptor(0x0200))
        guard let device = USBIPDevice(speed: chip.speed, device: deviceDescriptor, configuration: configuration) else {
            throw Failure(call: "descriptor", code: EINVAL)
        }
        self.device = device
        (listener, self.port) = try Self.listen(address, port)
        let ends = EndsOfURBs()
        guard let host = Host(chip, completed: { ends.ended($0) }) else {
            let code = errno
            close(listener)
            throw Failure(call: "eventfd", code: code)
        }
        self.host = host
        self.ends = ends
        state = Guarded(State())
        ends.server.withLock { $0.server = self }
        RTOSThread.start(name: "hil usbip") { [self] in acceptClients() }
    }

    /// The device and its bus, as they are now; nil once stopped.
    public func withBus<Result>(
        _ body: (inout VirtualUSBBus<VirtualFT232H>, MonotonicTime) -> Result
    ) -> Result? {
        host.withBus(body)
    }

    /// Ends all connections, and listens no more.
    public func stop() {
        let connections = state.withLock { state in
            state.isStopping = true
            return Array(state.connections.values)
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { connection.hangUp() }
        host.stop()
    }

    // MARK: Clients

    private static func listen(_ address: String, _ port: UInt16) throws(Failure) -> (Int32, UInt16) {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else { throw Failure(call: "inet_pton", code: EINVAL) }
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw Failure(call: "socket", code: errno) }
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutableBytes(of: &place) { bytes -> Int32 in
            let address = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            guard bind(listener, address, size) == 0, Glibc.listen(listener, 16) == 0 else { return errno }
            return getsockname(listener, address, &size) == 0 ? 0 : errno
        }
        guard result == 0 else {
            close(listener)
            throw Failure(call: "bind", code: result)
        }
        return (listener, UInt16(bigEndian: place.sin_port))
    }

    private func acceptClients() {
        while true {
            let socket = accept(listener, nil, nil)
            if socket < 0 {
                if state.withLock({ $0.isStopping }) { break }
                // Out of descriptors, or a client that left at once: others may be luckier, a little later.
                usleep(10_000)
                continue
            }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let connection = state.withLock { state -> USBIPConnection? in
                guard !state.isStopping, state.connections.count < Self.mostConnections else { return nil }
                state.lastNumber += 1
                let connection = USBIPConnection(socket: socket, number: state.lastNumber)
                state.connections[state.lastNumber] = connection
                return connection
            }
            guard let connection else {
                close(socket)
                continue
            }
            RTOSThread.start(name: "hil usbip in") { [self] in connection.serve(self) }
        }
        close(listener)
    }

    /// True if the device is this client's from now on.
    func attach(_ connection: USBIPConnection) -> Bool {
        guard withBus({ bus, _ in bus.isUnplugged }) == false else { return false }
        return state.withLock { state in
            guard state.attached == nil, !state.isStopping else { return false }
            state.attached = connection.number
            return true
        }
    }

    /// Takes back what a client leaves behind, before another can have the device.
    func hasLeft(_ connection: USBIPConnection, wasAttached: Bool) {
        connection.hangUp()
        // Buffers are freed when the bus has let go of them: keep the client until then.
        while true {
            let left = connection.underWay
            if left.isEmpty { break }
            for id in left { cancel(id) }
            usleep(1000)
        }
        state.withLock { state in
            state.connections[connection.number] = nil
            if wasAttached { state.attached = nil }
        }
    }

    func submit(_ urb: URB) -> Bool { host.submit(urb) }

    func cancel(_ id: UInt64) { _ = host.cancel(id) }

    private func ended(_ completion: URBCompletion) {
        let connection = state.withLock { $0.connections[completion.id >> 32] }
        connection?.ended(completion)
        // The cable is out: whoever has the device loses it, as `usbip detach` would have it.
        if completion.status == .unplugged { connection?.hangUp() }
    }
}
