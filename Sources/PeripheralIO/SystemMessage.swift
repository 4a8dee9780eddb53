import SystemPackage

/// The C library's words for an error number, in lower case as they stand in the middle of a line.
func systemMessage(_ errno: Int32) -> String {
    let message = String(describing: Errno(rawValue: errno))
    return message.prefix(1).lowercased() + message.dropFirst()
}
