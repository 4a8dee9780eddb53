import CLinux
import Glibc
import RTOS

/// The system calls by which bytes pass to and from a serial port: the one place where this driver meets the kernel.
///
/// Tests put faults here, and look at the addresses that pass. Each call is made once: EINTR and EAGAIN come back as
/// they are. Errors are numbers, not thrown, because a thrown error is allocated and EAGAIN is ordinary here.
protocol SerialCalls: Sendable {
    /// `write(2)`: the count, or a negative errno.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    /// `read(2)`: the count, or a negative errno.
    func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int
    /// `ppoll(2)`: the number of ready descriptors, or a negative errno. `never` has no time limit.
    func poll(_ descriptors: UnsafeMutableBufferPointer<pollfd>, until deadline: MonotonicTime) -> Int
    /// `TIOCMIWAIT`, which blocks until a modem line changes or a signal comes: 0, or a positive errno.
    func awaitLines(_ descriptor: Int32) -> Int32
}

/// The kernel itself.
struct KernelCalls: SerialCalls {
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        hil_write(descriptor, bytes.baseAddress, bytes.count)
    }

    func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        return result < 0 ? -Int(errno) : result
    }

    func poll(_ descriptors: UnsafeMutableBufferPointer<pollfd>, until deadline: MonotonicTime) -> Int {
        Int(hil_poll(descriptors.baseAddress!, UInt32(descriptors.count), deadline.nanoseconds))
    }

    func awaitLines(_ descriptor: Int32) -> Int32 { hil_serial_await_lines(descriptor) }
}
