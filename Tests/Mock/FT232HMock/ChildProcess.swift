import CUMockdev
import Glibc

/// A program that this one starts, waits for, and passes signals on to.
struct ChildProcess {
    private let process: pid_t

    /// Those that end the program under test, and the one that tells of its end.
    private static let signals = signalSet([SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT])

    private static func signalSet(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }

    /// Keeps the signals for `wait`: to be called before there is another thread.
    static func holdSignals() {
        var signals = signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Starts a program, which is searched for as the shell does.
    ///
    /// - Parameter environment: what it has besides that of this process.
    /// - Returns: nil if there is none such, or it cannot be started; `errno` says why.
    init?(_ command: [String], environment: [String: String]) {
        for (name, value) in environment { setenv(name, value, 1) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // As it would find them without this program between: GLib ignores broken pipes.
        var (blocked, defaults) = (Self.signalSet([]), Self.signalSet([SIGPIPE]))
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let result = posix_spawnp(&process, command[0], nil, &attributes, &arguments, hil_mock_environment())
        guard result == 0 else {
            errno = result
            return nil
        }
        self.process = process
    }

    /// Waits for its end.
    ///
    /// - Returns: its status; 128 and the number of the signal that ended it, as the shell has it.
    func wait() -> Int32 {
        var signals = Self.signals
        while true {
            var signal: Int32 = 0
            guard sigwait(&signals, &signal) == 0 else { continue }
            guard signal == SIGCHLD else {
                kill(process, signal)
                continue
            }
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == process else { continue }
            let end = status & 0x7F
            return end == 0 ? status >> 8 & 0xFF : 128 + end
        }
    }
}
