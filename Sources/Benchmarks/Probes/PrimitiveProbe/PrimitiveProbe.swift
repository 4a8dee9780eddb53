import Glibc
import RTOS

/// Passes messages through one primitive again and again: something for `scripts/prove-primitives` to look at from
/// outside.
///
///     PrimitiveProbe PRIMITIVE alone|waiting MESSAGES
///
/// `alone`, one thread puts each message in and takes it out again. `waiting`, two threads pass them on where there is
/// room for one or two, so that most calls have to wait for the other side.
@main
struct PrimitiveProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let passage = makePassage(arguments[1]), let count = Int(arguments[3]), count > 0
        else { usage() }
        switch arguments[2] {
        case "alone": passage.passAlone(count)
        case "waiting": passage.passWaiting(count)
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: PrimitiveProbe PRIMITIVE alone|waiting MESSAGES")
        print("primitives: \(names.joined(separator: ", "))")
        exit(2)
    }
}

/// What all primitives can do, each in its own way.
protocol Passage: Sendable {
    func send(_ number: Int)
    /// Blocks until there is a message.
    func receive() -> Int
}

extension Passage {
    fileprivate func passAlone(_ count: Int) {
        for number in 0..<count {
            send(number)
            check(receive(), number)
        }
    }

    fileprivate func passWaiting(_ count: Int) {
        let receiver = RTOSThread.startJoinable(name: "receiver") {
            for number in 0..<count { check(receive(), number) }
        }
        for number in 0..<count { send(number) }
        receiver.join()
    }
}

private func check(_ received: Int, _ number: Int) {
    if received != number { fatalError("received \(received) where \(number) was sent") }
}
