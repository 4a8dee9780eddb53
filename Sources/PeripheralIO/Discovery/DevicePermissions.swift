import Glibc

/// What to do when a device may not be opened.
enum DevicePermissions {
    static func cure(for path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "ask the machine's administrator" }
        let isGroupsToUse = status.st_mode & (S_IRGRP | S_IWGRP) == S_IRGRP | S_IWGRP
        guard isGroupsToUse, status.st_gid != 0, let group = getgrgid(status.st_gid) else {
            return "only its owner may use it: a udev rule can give it to a group"
        }
        let name = String(cString: group.pointee.gr_name)
        return "join its group with `sudo usermod -aG \(name) $USER`, then log in again"
    }
}
