import Glibc
import RTOS
import SystemPackage

/// Opens spidev nodes: `/dev/spidevB.C`, chip select C of controller B.
enum SPIDevOpening {
    private struct Entry {
        weak var bus: SPIDevBus?
    }

    /// The controllers of this process by number. Locked while a node is opened.
    private static let buses = Guarded<[String: Entry]>([:])

    /// Whether a path is that of a spidev node, by its name.
    static func isNode(_ path: String) -> Bool { controller(of: path) != nil }

    /// `/dev/spidev0.` of `/dev/spidev0.1`; nil for what is no spidev node.
    private static func controller(of path: String) -> String? {
        guard let start = path.range(lastOf: "/spidev") else { return nil }
        let numbers = path[start.upperBound...].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers.allSatisfy({ UInt16($0) != nil }) else { return nil }
        return String(path[..<start.upperBound]) + numbers[0] + "."
    }

    static func open(_ address: DeviceAddress, _ path: String) throws(PeripheralError) -> any Driver {
        let controller = controller(of: path) ?? path
        return try buses.withLock { (buses) throws(PeripheralError) in
            let bus = buses[controller]?.bus ?? SPIDevBus()
            buses[controller] = Entry(bus: bus)
            return try SPIDevDriver(
                bus, path: path, nodes: [path] + siblings(of: path, controller), name: address.shortName,
                settings: address.spi, limits: SPIMessageLimits(bufferSize: bufferSize(address.spi.chunk)),
                calls: SPIDevKernel(), open: openNode)
        }
    }

    /// The other nodes of a controller.
    private static func siblings(of path: String, _ controller: String) -> [String] {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        return entries(of: folder).map { "\(folder)/\($0)" }.filter { $0.hasPrefix(controller) && $0 != path }.sorted()
    }

    /// The longest message: spidev's parameter, whether it is a module or built in, and no more than was asked for.
    static func bufferSize(_ asked: Int?) -> Int {
        let parameter = Discovery.firstLine("/sys/module/spidev/parameters/bufsiz").flatMap { Int($0) }
        return max(SPIMessageLimits.kernelAlignment, min(parameter ?? defaultBufferSize, asked ?? .max))
    }

    /// drivers/spi/spidev.c.
    static let defaultBufferSize = 4096

    private static func openNode(_ path: String) throws(PeripheralError) -> Int32 {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(FilePath(path), .readWrite, options: [.closeOnExec])
        } catch {
            switch (error as? Errno)?.rawValue ?? EIO {
            case ENOENT, ENXIO, ENODEV, ENOTDIR: throw .missing(path)
            case EACCES, EPERM: throw .permissionDenied(path, cure: DevicePermissions.cure(for: path))
            case EBUSY: throw .busy(path, holder: DeviceHolder.find(path))
            case EISDIR: throw .badAddress(path, reason: "a folder, not a spidev node")
            case let number: throw .system(call: "open \(path)", errno: number)
            }
        }
        if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            try? descriptor.close()
            throw .busy(path, holder: DeviceHolder.find(path))
        }
        return descriptor.rawValue
    }
}

extension String {
    /// The last place where `text` stands.
    fileprivate func range(lastOf text: String) -> Range<String.Index>? {
        var place = endIndex
        while place > startIndex {
            place = index(before: place)
            if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
        }
        return nil
    }
}
