// SPDX-License-Identifier: GPL-2.0-only
//
// An SPI controller with no hardware, for the lab: what the real spidev and the real SPI core are tried on. Unlike the
// rest of this project it is under the kernel's licence, since it is part of a kernel while it runs.
//
//   chip select 0   MOSI wired to MISO, up to 20 MHz
//   chip select 1   a 2 MiB NOR flash (W25Q16), up to 50 MHz
//   chip select 2   MOSI wired to MISO, up to 1 MHz
//
// Transfers take no time. Every chip-select edge and byte can be seen in tracefs, events/spi.
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/spi/spi.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

static int inject;
module_param(inject, int, 0644);
MODULE_PARM_DESC(inject, "errno of the next transfer; 0 for none");

static uint max_transfer;
module_param(max_transfer, uint, 0644);
MODULE_PARM_DESC(max_transfer, "longest transfer in bytes; 0 for any");

static uint devices = 3;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "how many of the chip selects have a device");

#define FLASH_SIZE (2u << 20)
#define FLASH_PAGE 256u

// A 25-series flash whose operations are done at once.
struct flash {
	u8 *memory;
	u8 opcode;
	u32 address;
	u32 count;
	bool may_write;
};

struct bench {
	struct flash flash;
	struct platform_device *platform;
};

static const u8 flash_id[] = { 0xef, 0x40, 0x15 };

static void flash_erase(struct flash *flash, u32 size)
{
	if (flash->may_write)
		memset(flash->memory + (flash->address & ~(size - 1) & (FLASH_SIZE - 1)), 0xff, size);
	flash->may_write = false;
}

static void flash_deselect(struct flash *flash)
{
	// Erasing begins when chip select is released.
	switch (flash->opcode) {
	case 0x20: flash_erase(flash, 4096); break;
	case 0xd8: flash_erase(flash, 65536); break;
	case 0x60:
	case 0xc7: flash_erase(flash, FLASH_SIZE); break;
	case 0x02: flash->may_write = false; break;
	case 0x06: flash->may_write = true; break;
	case 0x04: flash->may_write = false; break;
	}
	flash->opcode = 0;
	flash->count = 0;
}

static u8 flash_shift(struct flash *flash, u8 mosi)
{
	u32 count = flash->count++;

	if (count == 0) {
		flash->opcode = mosi;
		flash->address = 0;
		return 0xff;
	}
	switch (flash->opcode) {
	case 0x9f: return count <= sizeof(flash_id) ? flash_id[count - 1] : 0;
	case 0x05: return flash->may_write ? 2 : 0;
	case 0x03:
	case 0x0b:
	case 0x02:
	case 0x20:
	case 0xd8: break;
	default: return 0xff;
	}
	if (count <= 3) {
		flash->address = flash->address << 8 | mosi;
		return 0xff;
	}
	if (flash->opcode == 0x0b && count == 4)
		return 0xff;
	if (flash->opcode == 0x03 || flash->opcode == 0x0b)
		return flash->memory[flash->address++ & (FLASH_SIZE - 1)];
	if (flash->opcode == 0x02 && flash->may_write) {
		flash->memory[flash->address & (FLASH_SIZE - 1)] &= mosi;
		// The address wraps within the page.
		flash->address = (flash->address & ~(FLASH_PAGE - 1)) | ((flash->address + 1) & (FLASH_PAGE - 1));
	}
	return 0xff;
}

static void bench_set_cs(struct spi_device *spi, bool level)
{
	struct bench *bench = spi_controller_get_devdata(spi->controller);
	bool is_asserted = level == !!(spi->mode & SPI_CS_HIGH);

	if (spi->chip_select == 1 && !is_asserted)
		flash_deselect(&bench->flash);
}

static int bench_transfer_one(struct spi_controller *controller, struct spi_device *spi, struct spi_transfer *transfer)
{
	struct bench *bench = spi_controller_get_devdata(controller);
	const u8 *tx = transfer->tx_buf;
	u8 *rx = transfer->rx_buf;
	int error = xchg(&inject, 0);
	u32 i;

	if (error)
		return -error;
	if (max_transfer && transfer->len > max_transfer)
		return -EMSGSIZE;
	if (spi->chip_select != 1) {
		if (rx && tx)
			memcpy(rx, tx, transfer->len);
		else if (rx)
			memset(rx, 0, transfer->len);
		return 0;
	}
	for (i = 0; i < transfer->len; i++) {
		u8 miso = flash_shift(&bench->flash, tx ? tx[i] : 0);

		if (rx)
			rx[i] = miso;
	}
	return 0;
}

static struct spi_board_info boards[] = {
	// A name that spidev binds to.
	{ .modalias = "dh2228fv", .max_speed_hz = 20000000, .chip_select = 0 },
	{ .modalias = "dh2228fv", .max_speed_hz = 50000000, .chip_select = 1 },
	{ .modalias = "dh2228fv", .max_speed_hz = 1000000, .chip_select = 2 },
};

static int bench_probe(struct platform_device *platform)
{
	struct spi_controller *controller = devm_spi_alloc_master(&platform->dev, sizeof(struct bench));
	struct bench *bench;
	uint i;
	int error;

	if (!controller)
		return -ENOMEM;
	bench = spi_controller_get_devdata(controller);
	bench->flash.memory = vmalloc(FLASH_SIZE);
	if (!bench->flash.memory)
		return -ENOMEM;
	memset(bench->flash.memory, 0xff, FLASH_SIZE);
	controller->bus_num = 0;
	controller->num_chipselect = ARRAY_SIZE(boards);
	controller->mode_bits = SPI_CPHA | SPI_CPOL | SPI_CS_HIGH | SPI_LSB_FIRST | SPI_LOOP | SPI_TX_DUAL | SPI_RX_DUAL;
	controller->bits_per_word_mask = SPI_BPW_MASK(8) | SPI_BPW_MASK(16) | SPI_BPW_MASK(32);
	controller->max_speed_hz = 50000000;
	controller->min_speed_hz = 1000;
	controller->set_cs = bench_set_cs;
	controller->transfer_one = bench_transfer_one;
	platform_set_drvdata(platform, controller);
	error = spi_register_controller(controller);
	if (error) {
		vfree(bench->flash.memory);
		return error;
	}
	for (i = 0; i < min_t(uint, devices, ARRAY_SIZE(boards)); i++)
		if (!spi_new_device(controller, &boards[i]))
			dev_warn(&platform->dev, "no device on chip select %u\n", i);
	return 0;
}

static int bench_remove(struct platform_device *platform)
{
	struct spi_controller *controller = platform_get_drvdata(platform);
	struct bench *bench = spi_controller_get_devdata(controller);
	u8 *memory = bench->flash.memory;

	spi_unregister_controller(controller);
	vfree(memory);
	return 0;
}

static struct platform_driver bench_driver = {
	.driver = { .name = "hil_spi_bench" },
	.probe = bench_probe,
	.remove = bench_remove,
};

static struct platform_device *bench_platform;

static int __init bench_init(void)
{
	int error = platform_driver_register(&bench_driver);

	if (error)
		return error;
	bench_platform = platform_device_register_simple("hil_spi_bench", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(bench_platform)) {
		platform_driver_unregister(&bench_driver);
		return PTR_ERR(bench_platform);
	}
	return 0;
}

static void __exit bench_exit(void)
{
	platform_device_unregister(bench_platform);
	platform_driver_unregister(&bench_driver);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("An SPI controller with no hardware");
