import RTOS
import Testing

@Suite("Single core")
struct SingleCoreTests {
    @Test("a created task of higher priority reaches its first block before the call returns")
    func creation() {
        let log = Log<String>()
        onSingleCore(priority: 5) {
            let semaphore = Semaphore()
            RTOSTask.start(name: "high", priority: 6) {
                log.append("high begins")
                try? semaphore.take()
                log.append("high has it")
            }
            log.append("created")
            try? semaphore.give()
            log.append("given")
        }
        #expect(log.contents == ["high begins", "created", "high has it", "given"])
    }
}
