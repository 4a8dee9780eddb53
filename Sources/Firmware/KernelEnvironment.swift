import Glibc
import RTOS

extension Kernel.Configuration {
    /// Takes over what the environment asks for: `HIL_CPU`, `single` or `parallel`; `HIL_TICK`, `virtual` or `wall`;
    /// `HIL_SEED`, a number, 1 if left out; `HIL_TRACE`, a file.
    ///
    /// A value that means nothing ends the process: a run in another mode than the one that was asked for proves the
    /// wrong thing.
    mutating func readEnvironment() {
        processors = Environment.choice("HIL_CPU", ["parallel": .parallel, "single": .single]) ?? processors
        let seed = Environment.number("HIL_SEED") ?? 1
        ticks = Environment.choice("HIL_TICK", ["wall": .wall, "virtual": .virtual(seed: seed)]) ?? ticks
        onSwitch = TaskTrace.fromEnvironment
    }
}

/// The variables that tell a firmware how to run.
private enum Environment {
    static func choice<Value>(_ name: String, _ values: [String: Value]) -> Value? {
        guard let text = text(of: name) else { return nil }
        guard let value = values[text] else {
            refuse("\(name)=\(text): it is \(values.keys.sorted().joined(separator: " or "))")
        }
        return value
    }

    static func number(_ name: String) -> UInt64? {
        guard let text = text(of: name) else { return nil }
        guard let value = UInt64(text) else { refuse("\(name)=\(text): it is a number from 0 to \(UInt64.max)") }
        return value
    }

    /// An empty variable is one that was taken back.
    private static func text(of name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func refuse(_ problem: String) -> Never {
        Misuse.write("hilbridge: \(problem)\n")
        exit(2)
    }
}
