import RTOS
import Testing

@Suite("Task notification")
struct NotificationTests {
    @Test("counts like a semaphore", arguments: Setting.allCases)
    func counting(in setting: Setting) {
        let log = Log<UInt32>()
        setting.run {
            let taker = RTOSTask.start(name: "taker", priority: 120) {
                log.append(RTOSTask.takeNotification())
                RTOSTask.current.notifyGive()
                RTOSTask.current.notifyGive()
                RTOSTask.current.notifyGive()
                log.append(RTOSTask.takeNotification())
                log.append(RTOSTask.takeNotification(all: true))
                log.append(RTOSTask.takeNotification(.ticks(3)))
            }
            untilBlocked(taker)
            taker.notifyGive()
            _ = taker.join()
        }
        #expect(log.contents == [1, 3, 2, 0])
    }

    @Test("does to the word what the action says")
    func actions() {
        let me = RTOSTask.current
        #expect(me.notify(at: 3, .overwrite(5)) == .delivered(previous: 0))
        #expect(me.notify(at: 3, .setBits(8)) == .delivered(previous: 5))
        #expect(me.notify(at: 3, .setIfNotPending(1)) == .refused(previous: 13))
        #expect(me.peekNotification(at: 3) == RTOSTask.Notification(value: 13, isNew: true))
        #expect(
            RTOSTask.waitForNotification(at: 3, clearAtStart: 1, clearAtEnd: 4, .now)
                == RTOSTask.Notification(value: 13, isNew: true))
        #expect(me.clearNotificationValue(at: 3, bits: 1) == 9)
        #expect(
            RTOSTask.waitForNotification(at: 3, clearAtStart: .max, .now)
                == RTOSTask.Notification(value: 0, isNew: false))
        me.notify(at: 3, .none)
        #expect(me.clearNotification(at: 3))
        #expect(!me.clearNotification(at: 3))
        #expect(me.peekNotification(at: 2) == RTOSTask.Notification(value: 0, isNew: false))
    }

    @Test("wakes only a task that waits at this index", arguments: Setting.allCases)
    func indices(in setting: Setting) {
        let log = Log<RTOSTask.Notification>()
        setting.run {
            let waiter = RTOSTask.start(name: "waiter", priority: 120) {
                log.append(RTOSTask.waitForNotification(at: 1))
                log.append(RTOSTask.waitForNotification(at: 0))
            }
            untilBlocked(waiter)
            waiter.notify(at: 0, .overwrite(10))
            RTOSTask.delay(.ticks(2))
            #expect(log.contents.isEmpty)
            waiter.notify(at: 1, .overwrite(11))
            _ = waiter.join()
            #expect(waiter.notify(at: 1, .none) == .ended)
        }
        #expect(log.contents.map(\.value) == [11, 10])
    }

    @Test("does not end a delay", arguments: Setting.allCases)
    func delay(in setting: Setting) {
        let log = Log<Bool>()
        setting.run {
            let sleeper = RTOSTask.start(name: "sleeper", priority: 120) {
                let start = Kernel.ticks()
                RTOSTask.delay(.ticks(10))
                log.append(Kernel.ticks() >= start + 10)
            }
            untilBlocked(sleeper)
            sleeper.notifyGive()
            _ = sleeper.join()
        }
        #expect(log.contents == [true])
    }
}
