import Foundation
import Testing

/// A whole firmware, devices included, on a single core with virtual ticks.
@Suite("Determinism")
struct DeterminismTests {
    private struct Run: Hashable {
        var status: Int32
        var output: String
        var errors: String
        var switches: String
    }

    private static func runs(seeds: [Int]) async throws -> [Run] {
        let program = try CProgram("busy_firmware.c")
        return try await withThrowingTaskGroup(of: (Int, Run).self) { group in
            for (index, seed) in seeds.enumerated() {
                group.addTask {
                    let trace = "trace-\(index)"
                    let outcome = try program.run(.virtual, environment: ["HIL_SEED": "\(seed)", "HIL_TRACE": trace])
                    let switches = try program.takeFile(trace)
                    return (
                        index,
                        Run(
                            status: outcome.status, output: outcome.output, errors: outcome.errors, switches: switches)
                    )
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    @Test("The same seed gives the same task switches, 100 times out of 100")
    func sameSeed() async throws {
        let runs = try await Self.runs(seeds: Array(repeating: 7, count: 100))
        let isSame = runs.allSatisfy { $0 == runs[0] }
        #expect(isSame)
        #expect(runs[0].status == 0, "\(runs[0].output)")
        #expect(runs[0].switches.split(separator: "\n").count > 300)
    }

    @Test("No seed gives an assertion or a hang")
    func manySeeds() async throws {
        let isFast = ProcessInfo.processInfo.environment["HIL_FAST"] != nil
        let runs = try await Self.runs(seeds: Array(1...(isFast ? 100 : 1000)))
        let failures = runs.filter { $0.status != 0 || !$0.errors.isEmpty || !$0.output.hasPrefix("150 bytes") }
        #expect(failures.isEmpty, "\(failures.first?.output ?? "") \(failures.first?.errors ?? "")")
        #expect(Set(runs.map(\.switches)).count > runs.count / 2)
    }
}
