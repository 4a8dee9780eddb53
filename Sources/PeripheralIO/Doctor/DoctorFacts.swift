import Glibc
import RTOS

/// What the doctor looks at, all of it read at one time: a plain value.
struct DoctorFacts: Sendable {
    struct Device: Sendable {
        var url: String
        var node: String?
        var isPermitted = true
        /// What gives permission.
        var permissionCure = ""
        /// A process other than this one that has it open.
        var holder: DeviceHolder?
        /// The kernel's driver of an FTDI interface, where libusb has to take it away.
        var ftdiDriver: String?
        /// `1-1.4:1.0`.
        var usbPath: String?
        /// Of a port of `ftdi_sio`, in milliseconds, and the file that says so.
        var latencyTimer: (milliseconds: Int, path: String)?
    }

    /// An SPI device in the kernel without a driver: `spi0.0`.
    typealias UnboundSPI = String

    /// What was asked for, if a device was.
    var asked: String?
    var devices: [Device] = []
    var unboundSPI: [UnboundSPI] = []
    var udevIsRunning = true
    var hasRules = true
    /// spidev's parameter; nil if spidev is not there.
    var bufferSize: Int?
    var hasRealTime = true
}

extension DoctorFacts {
    static let rulesFile = "60-hilbridge.rules"

    /// udev(7).
    private static let ruleFolders = [
        "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
        "/lib/udev/rules.d",
    ]

    /// Looks at the machine.
    ///
    /// - Parameters:
    ///   - address: the device that it is about; nil looks at all there are.
    ///   - root: where the machine's files lie; empty for the machine that this runs on.
    init(_ address: DeviceAddress?, root: String) {
        udevIsRunning = access(root + "/run/udev/control", F_OK) == 0
        hasRules = Self.ruleFolders.contains { access("\(root)\($0)/\(Self.rulesFile)", F_OK) == 0 }
        hasRealTime = Self.mayHaveRealTime()
        asked = address?.name
        switch address?.device {
        case .ftdi(let place):
            devices = FTDIDiscovery.interfaces(at: place).map { Device($0) }
        case .serial(let path), .spidev(let path):
            if case .spidev = address?.device { bufferSize = Self.spidevBufferSize() }
            if access(path, F_OK) == 0 { devices = [Device(node: path)] }
            if devices.isEmpty, case .spidev = address?.device { unboundSPI = Self.unbound(path) }
        case nil:
            bufferSize = Self.spidevBufferSize()
            unboundSPI = Self.unbound(nil)
            let interfaces = FTDIDiscovery.interfaces()
            // A driver is in nobody's way before somebody asks for the interface.
            devices = interfaces.map { interface in
                var device = Device(interface)
                device.ftdiDriver = nil
                return device
            }
            devices += Discovery.realDevices().filter { $0.node == $0.url }.map { Device(node: $0.url) }
        default:
            // A virtual device needs nothing of the machine.
            (udevIsRunning, hasRules, hasRealTime) = (true, true, true)
            devices = [Device(url: address?.name ?? "")]
        }
    }

    private static func spidevBufferSize() -> Int? {
        Discovery.firstLine("/sys/module/spidev/parameters/bufsiz").flatMap { Int($0) }
    }

    /// SPI devices that no driver has; of a path, the one that would be behind it.
    private static func unbound(_ path: String?) -> [UnboundSPI] {
        let name = path.map { "spi" + $0.split(separator: "/").last!.dropFirst("spidev".count) }
        return UDevDevice.all(of: "spi").filter { $0.driver == nil && (name == nil || $0.name == name) }.map(\.name)
    }

    /// Whether a thread gets `SCHED_FIFO`, by trying.
    private static func mayHaveRealTime() -> Bool {
        nonisolated(unsafe) var result: Int32 = 0
        RTOSThread.startJoinable(name: "hil doctor") {
            var parameters = sched_param()
            parameters.sched_priority = 1
            result = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
        }.join()
        return result == 0
    }
}

extension DoctorFacts.Device {
    init(_ interface: FTDIDiscovery.Interface) {
        let node = interface.chip.path
        self.init(
            url: interface.url, node: node, isPermitted: access(node, R_OK | W_OK) == 0,
            permissionCure: DevicePermissions.cure(for: node), ftdiDriver: interface.driver,
            usbPath: interface.usbPath)
        holder = Self.otherHolder(of: node) ?? interface.tty.flatMap { Self.otherHolder(of: $0) }
    }

    /// A serial port or a spidev node.
    init(node: String) {
        self.init(
            url: node, node: node, isPermitted: access(node, R_OK | W_OK) == 0,
            permissionCure: DevicePermissions.cure(for: node))
        holder = Self.otherHolder(of: node)
        // The port's own folder is that of its name, whatever link leads to it.
        guard let tty = UDevDevice(node: node), let port = tty.parent,
            let text = port.attribute("latency_timer"), let time = Int(text)
        else { return }
        latencyTimer = (time, port.systemPath + "/latency_timer")
    }

    private static func otherHolder(of node: String) -> DeviceHolder? {
        DeviceHolder.find(node).flatMap { $0.process == getpid() ? nil : $0 }
    }
}
