import RTOS
import Synchronization

/// What a primitive is, without threads: a value whose steps have results.
protocol SequentialModel: Hashable {
    /// A call and what came of it.
    associatedtype Step: Sendable

    /// Makes the call; false if it could not have had this result.
    mutating func apply(_ step: Step) -> Bool
}

/// One call as a thread saw it: the moments between which it took place, and what came of it.
struct Call<Step: Sendable>: Sendable {
    var step: Step
    var began: Int
    var ended: Int
}

/// Whether the calls can be put into one order that respects their times and in which each has its result (Wing and Gong's
/// search, with the states that have been tried).
func isLinearizable<Model: SequentialModel>(_ calls: [Call<Model.Step>], from model: Model) -> Bool {
    var tried: Set<SearchPlace<Model>> = []

    func search(_ place: SearchPlace<Model>) -> Bool {
        if place.done == (1 << UInt64(calls.count)) - 1 { return true }
        guard tried.insert(place).inserted else { return false }
        let open = calls.indices.filter { place.done & 1 << UInt64($0) == 0 }
        let earliestEnd = open.map { calls[$0].ended }.min()!
        for index in open where calls[index].began < earliestEnd {
            var next = place
            next.done |= 1 << UInt64(index)
            if next.model.apply(calls[index].step), search(next) { return true }
        }
        return false
    }

    return search(SearchPlace(done: 0, model: model))
}

/// Which calls have been put in order, and what they have led to.
private struct SearchPlace<Model: SequentialModel>: Hashable {
    var done: UInt64
    var model: Model
}

/// Has threads make random calls of one new object after another, and answers the histories that have no sequential
/// explanation.
///
/// - Parameters:
///   - steps: calls of each thread and object; 64 at most for all threads together.
///   - act: makes one random call. `number` is different in all calls of one object.
func unexplainedHistories<Subject: Sendable, Model: SequentialModel & Sendable>(
    threads: Int, steps: Int, rounds: Int, seed: Int, model: Model, subject make: @escaping @Sendable () -> Subject,
    act:
        @escaping @Sendable (
            _ subject: Subject, _ thread: Int, _ number: Int, _ random: inout SeededSequence
        ) -> Model.Step
) -> [[Call<Model.Step>]] {
    let clock = Tally()
    let history = Guarded<[Call<Model.Step>]>([])
    let subject = Guarded(make())
    let gate = SpinBarrier(count: threads)
    let failures = Log<[Call<Model.Step>]>()
    runThreads(threads) { thread in
        var random = SeededSequence(seed: UInt64(thread * 1000 + seed))
        for _ in 0..<rounds {
            gate.wait()
            let present = subject.withLock { $0 }
            var calls: [Call<Model.Step>] = []
            gate.wait()
            for step in 0..<steps {
                let began = clock.next()
                let result = act(present, thread, thread * steps + step, &random)
                calls.append(Call(step: result, began: began, ended: clock.next()))
            }
            history.withLock { $0 += calls }
            gate.wait()
            if thread == 0 {
                let all = history.withLock { history in
                    defer { history = [] }
                    return history
                }
                if !isLinearizable(all, from: model) { failures.append(all) }
                subject.withLock { $0 = make() }
            }
        }
    }
    return failures.contents
}
