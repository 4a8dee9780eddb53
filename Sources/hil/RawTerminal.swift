import Foundation

/// The user's terminal, passing each key on as it is typed, until `restore`.
struct RawTerminal {
    private let before: termios

    /// nil if standard input is no terminal.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        cfmakeraw(&settings)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else { return nil }
    }

    func restore() {
        var settings = before
        _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    }
}

/// Writes all of it; false if nobody takes it any more.
@discardableResult
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let step = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if step > 0 {
            done += step
        } else if errno != EINTR {
            return false
        }
    }
    return true
}
