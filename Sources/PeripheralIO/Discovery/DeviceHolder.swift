import Glibc

/// A process that has a device open, as far as /proc tells.
public struct DeviceHolder: Hashable, Sendable, CustomStringConvertible {
    public var process: Int32
    public var name: String

    public var description: String { "\(name) (process \(process))" }

    /// The process that holds the device's lock, else the first one other than this that has it open. What processes
    /// of other users have open is shown to root alone; if this process holds it itself, that is the answer when there
    /// is no other.
    public static func find(_ path: String) -> DeviceHolder? {
        guard let device = deviceNumber(path) else { return nil }
        if let process = lockHolder(path) { return DeviceHolder(process: process, name: nameOf(process)) }
        let own = getpid()
        var ownHold: DeviceHolder?
        for process in processes() where hasOpen(process, device) {
            let holder = DeviceHolder(process: process, name: nameOf(process))
            if process != own { return holder }
            ownHold = holder
        }
        return ownHold
    }

    private static func deviceNumber(_ path: String) -> dev_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_rdev : nil
    }

    /// Who has taken the `flock` of a file, from /proc/locks: lines such as
    /// `1: FLOCK  ADVISORY  WRITE 1234 00:16:5 0 EOF`, whose sixth field is device and inode.
    private static func lockHolder(_ path: String) -> Int32? {
        var status = stat()
        guard stat(path, &status) == 0, let file = fopen("/proc/locks", "r") else { return nil }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            while fgets(buffer.baseAddress!, 256, file) != nil {
                let fields = String(cString: buffer.baseAddress!).split(separator: " ")
                guard fields.count > 5, fields[1] == "FLOCK", fields[5].hasSuffix(":\(status.st_ino)"),
                    fields[5].hasPrefix(deviceField(status.st_dev)), let process = Int32(fields[4]), process > 0
                else { continue }
                return process
            }
            return nil
        }
    }

    /// Major and minor number as /proc/locks writes them: at least two hexadecimal digits each.
    private static func deviceField(_ device: dev_t) -> String {
        [(device >> 8) & 0xfff, device & 0xff].map { number in
            let digits = String(number, radix: 16)
            return (digits.count == 1 ? "0" : "") + digits + ":"
        }.joined()
    }

    private static func processes() -> [Int32] {
        entries(of: "/proc").compactMap { Int32($0) }.sorted()
    }

    private static func hasOpen(_ process: Int32, _ device: dev_t) -> Bool {
        let folder = "/proc/\(process)/fd"
        return entries(of: folder).contains { entry in
            var status = stat()
            guard stat("\(folder)/\(entry)", &status) == 0 else { return false }
            return status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == device
        }
    }

    private static func nameOf(_ process: Int32) -> String {
        guard let file = fopen("/proc/\(process)/comm", "r") else { return "a process" }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard fgets(buffer.baseAddress!, 64, file) != nil else { return "a process" }
            let line = String(cString: buffer.baseAddress!)
            return line.last == "\n" ? String(line.dropLast()) : line
        }
    }
}

/// The names in a folder of /proc, /sys or /dev; none if it cannot be read.
func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
