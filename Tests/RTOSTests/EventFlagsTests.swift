import RTOS
import Testing

@Suite("Event flags")
struct EventFlagsTests {
    @Test("one change wakes everybody whose condition it meets, and nobody else", arguments: Setting.allCases)
    func severalWaiters(in setting: Setting) {
        let log = Log<String>()
        setting.run(priority: 5) {
            let flags = EventFlags()
            let conditions: [(String, FlagCondition)] = [
                ("any of 1 and 4", FlagCondition(0b101)),
                ("all of 1 and 2", FlagCondition(0b011, all: true)),
                ("8", FlagCondition(0b1000)),
            ]
            let tasks = conditions.map { name, condition in
                let task = RTOSTask.start(name: name, priority: 9) {
                    let found = try? flags.wait(condition)
                    log.append("\(name): \(found ?? 0)")
                }
                untilBlocked(task)
                return task
            }
            _ = try? flags.set(0b011)
            _ = tasks[0].join()
            _ = tasks[1].join()
            #expect(flags.waiterCount == 1)
            #expect(flags.flags == 0)
            _ = try? flags.set(0b1000)
        }
        #expect(log.contents.sorted() == ["8: 8", "all of 1 and 2: 3", "any of 1 and 4: 3"])
    }

    @Test("are consumed one by one where that is asked for")
    func oneByOne() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let flags = EventFlags(consumption: .oneByOne)
            for name in ["first", "second"] {
                RTOSTask.start(name: name, priority: 9) {
                    _ = try? flags.wait(FlagCondition(1))
                    log.append(name)
                }
            }
            _ = try? flags.set(1)
            log.append("waiting: \(flags.waiterCount)")
            _ = try? flags.set(1)
        }
        #expect(log.contents == ["first", "waiting: 1", "second"])
    }

    @Test("stay unless the waiter consumes them, and can be waited for to be clear")
    func conditions() throws {
        let flags = EventFlags(flags: 0b110)
        #expect(try flags.wait(FlagCondition(0b010, consumes: false), .now) == 0b110)
        #expect(flags.flags == 0b110)
        #expect(try flags.wait(FlagCondition(0b010), .now) == 0b110)
        #expect(flags.flags == 0b100)
        #expect(try flags.wait(FlagCondition(0b011, all: true, clear: true, consumes: false), .now) == 0b100)
        #expect(throws: EventFlags.Failure.wouldBlock) { try flags.wait(FlagCondition(0b001), .now) }
        #expect(throws: EventFlags.Failure.timedOut) { try flags.wait(FlagCondition(0b001), .ticks(2)) }
        #expect(try flags.clear(0b100) == 0b100)
    }

    @Test("let tasks meet at one point", arguments: Setting.allCases)
    func rendezvous(in setting: Setting) {
        let log = Log<UInt32>()
        setting.run {
            let flags = EventFlags()
            let tasks = (0..<3).map { number in
                RTOSTask.start(name: "party \(number)") {
                    for _ in 0..<20 {
                        if let seen = try? flags.synchronize(setting: 1 << UInt32(number), waitingFor: 7) {
                            log.append(seen)
                        }
                    }
                }
            }
            for task in tasks { _ = task.join() }
            #expect(flags.flags == 0)
        }
        #expect(log.contents == Array(repeating: 7, count: 60))
    }

    @Test("end all waits with an error of their own when deleted", arguments: Setting.allCases)
    func deletion(in setting: Setting) {
        let log = Log<EventFlags.Failure>()
        setting.run {
            let flags = EventFlags()
            let waiter = RTOSTask.start(name: "waiter", priority: 120) {
                do throws(EventFlags.Failure) { try flags.wait(FlagCondition(1)) } catch { log.append(error) }
            }
            untilBlocked(waiter)
            #expect(flags.delete() == 1)
            _ = waiter.join()
            #expect(throws: EventFlags.Failure.deleted) { try flags.set(1) }
        }
        #expect(log.contents == [.deleted])
    }
}
