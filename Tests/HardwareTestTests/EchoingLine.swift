import Foundation
import RTOS
import Synchronization
import VirtualHardware

/// A serial line whose far end sends back what it gets, under a name that can be taken away.
final class EchoingLine: Sendable {
    let link = FileManager.default.temporaryDirectory.path + "/hil-line-\(UUID().uuidString)"
    private let line: PtyPair
    private let isOver = Atomic(false)
    private let echo = Mutex<RTOSThread?>(nil)

    init?() {
        guard let line = PtyPair() else { return nil }
        self.line = line
        plugIn()
        echo.withLock { $0 = .startJoinable(name: "echo") { self.sendBack() } }
    }

    private func sendBack() {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while !isOver.load(ordering: .acquiring) {
                // Nothing comes while nobody has the port open.
                guard let count = line.readSome(into: buffer) else {
                    RTOSTask.delay(.milliseconds(1))
                    continue
                }
                line.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// Ends the far end, after the port has been closed.
    func end() {
        unplug()
        isOver.store(true, ordering: .releasing)
        echo.withLock { $0.take() }?.join()
    }

    func plugIn() {
        try? FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: line.path)
    }

    /// Who has the port open keeps it, and nobody can open it any more.
    func unplug() {
        try? FileManager.default.removeItem(atPath: link)
    }

    var isUnplugged: Bool { !FileManager.default.fileExists(atPath: link) }

    /// True if this process has the port open.
    var isOpen: Bool {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return files.contains {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == line.path
        }
    }
}
