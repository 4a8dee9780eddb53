import Glibc
import VirtualHardware

/// Why usbfs refuses a request: an `errno`.
struct UsbfsRefusal: Error, Hashable {
    let code: Int32

    init(_ code: Int32) {
        self.code = code
    }
}

/// What usbfs knows of one device (Linux, drivers/usb/core/devio.c): which interface belongs to whom, and the URBs of
/// each file, under way or ended and not yet reaped. A plain value: what is due on the bus is for its owner to do.
struct UsbfsNode {
    /// An open file.
    typealias File = UInt64

    enum Holder: Hashable {
        /// A driver of the kernel's.
        case driver(String)
        case file(File)

        /// What the request for the driver's name and sysfs say.
        var name: String {
            switch self {
            case .driver(let name): name
            case .file: "usbfs"
            }
        }
    }

    private struct Use {
        /// By URB number; the address of the URB in the memory of the one who has the file open is its name to it.
        var underWay: [UInt64: UInt] = [:]
        var ended: [URBCompletion] = []
    }

    /// The driver that the kernel has for each interface.
    let driver: String
    private var holders: [Holder?]
    private var uses: [File: Use] = [:]
    private var lastFile: File = 0
    private var lastURB: UInt64 = 0

    /// - Parameter driver: has all interfaces at first.
    init(interfaceCount: Int, driver: String) {
        self.driver = driver
        holders = [Holder?](repeating: .driver(driver), count: interfaceCount)
    }

    // MARK: Files

    mutating func open() -> File {
        lastFile += 1
        uses[lastFile] = Use()
        return lastFile
    }

    /// The file's interfaces are free from then on, without a driver.
    ///
    /// - Returns: the URBs to take back, whose ends interest nobody any more.
    mutating func close(_ file: File) -> [UInt64] {
        for place in holders.indices where holders[place] == .file(file) { holders[place] = nil }
        let urbs = underWay(of: file)
        uses[file] = nil
        return urbs
    }

    // MARK: Interfaces

    /// Who has an interface; nil if nobody has.
    func holder(of interface: UInt32) throws(UsbfsRefusal) -> Holder? {
        guard interface < holders.count else { throw UsbfsRefusal(ENOENT) }
        return holders[Int(interface)]
    }

    mutating func claim(_ interface: UInt32, by file: File) throws(UsbfsRefusal) {
        let holder = try holder(of: interface)
        guard holder == nil || holder == .file(file) else { throw UsbfsRefusal(EBUSY) }
        holders[Int(interface)] = .file(file)
    }

    mutating func release(_ interface: UInt32, by file: File) throws(UsbfsRefusal) {
        guard try holder(of: interface) == .file(file) else { throw UsbfsRefusal(EINVAL) }
        holders[Int(interface)] = nil
    }

    /// The name of an interface's driver.
    func driverName(of interface: UInt32) throws(UsbfsRefusal) -> String {
        guard let holder = try? holder(of: interface) else { throw UsbfsRefusal(ENODATA) }
        return holder.name
    }

    /// Takes an interface from whoever has it.
    mutating func disconnect(_ interface: UInt32) throws(UsbfsRefusal) {
        guard interface < holders.count else { throw UsbfsRefusal(EINVAL) }
        guard holders[Int(interface)] != nil else { throw UsbfsRefusal(ENODATA) }
        holders[Int(interface)] = nil
    }

    /// Gives an interface to the kernel's driver.
    mutating func connect(_ interface: UInt32) throws(UsbfsRefusal) {
        guard interface < holders.count else { throw UsbfsRefusal(EINVAL) }
        guard holders[Int(interface)] == nil else { throw UsbfsRefusal(EBUSY) }
        holders[Int(interface)] = .driver(driver)
    }

    /// Takes an interface from its driver and claims it, all at once.
    ///
    /// - Parameters:
    ///   - name: of a driver.
    ///   - isExcepted: takes it from any driver but that one; else from that one alone. nil: from any.
    mutating func disconnectAndClaim(
        _ interface: UInt32, from name: String, isExcepted: Bool?, by file: File
    ) throws(UsbfsRefusal) {
        guard interface < holders.count else { throw UsbfsRefusal(EINVAL) }
        if let holder = holders[Int(interface)] {
            if let isExcepted, (holder.name == name) == isExcepted { throw UsbfsRefusal(EBUSY) }
            holders[Int(interface)] = nil
        }
        try claim(interface, by: file)
    }

    // MARK: URBs

    /// A number for a transfer on the bus.
    mutating func number() -> UInt64 {
        lastURB += 1
        return lastURB
    }

    /// Notes a URB, and answers the number under which it goes on the bus.
    ///
    /// - Parameters:
    ///   - address: what its owner calls it.
    ///   - interface: that of its endpoint, claimed if it is not yet; nil for endpoint 0.
    mutating func submit(at address: UInt, interface: UInt32?, by file: File) throws(UsbfsRefusal) -> UInt64 {
        if let interface { try claim(interface, by: file) }
        let number = number()
        uses[file]?.underWay[number] = address
        return number
    }

    /// The URB that its owner wants back.
    func underWay(at address: UInt, of file: File) throws(UsbfsRefusal) -> UInt64 {
        guard let found = uses[file]?.underWay.first(where: { $0.value == address }) else {
            throw UsbfsRefusal(EINVAL)
        }
        return found.key
    }

    /// All URBs of a file that are under way.
    func underWay(of file: File) -> [UInt64] { uses[file].map { Array($0.underWay.keys) } ?? [] }

    /// A URB has ended.
    ///
    /// - Returns: false if its file is closed.
    mutating func end(_ completion: URBCompletion, of file: File) -> Bool {
        guard uses[file]?.underWay.removeValue(forKey: completion.id) != nil else { return false }
        uses[file]?.ended.append(completion)
        return true
    }

    /// A URB has not been taken by the bus.
    mutating func forget(_ number: UInt64, of file: File) {
        uses[file]?.underWay[number] = nil
    }

    /// The first URB of a file that has ended and not been reaped.
    mutating func reap(_ file: File) -> URBCompletion? {
        guard let ended = uses[file]?.ended, !ended.isEmpty else { return nil }
        return uses[file]?.ended.removeFirst()
    }

    /// True while there is something to reap, in whichever file.
    var hasEnded: Bool { uses.values.contains { !$0.ended.isEmpty } }
}
