package slots

import (
	"encoding/binary"

	"github.com/sigurn/crc16"
)

// tables[k][b] is the checksum of the byte b followed by k zero bytes.
//
// A CRC with initial value 0 is linear over XOR: the checksum of eight bytes is the XOR of the checksums of each byte
// alone, every other byte being zero. Leading zeros do not count and trailing ones select the table, so the eight
// look-ups do not wait for each other.
var tables = buildTables()

func buildTables() (t [8][256]uint16) {
	xmodem := crc16.MakeTable(crc16.CRC16_XMODEM)
	for b := range 256 {
		t[0][b] = crc16.Checksum([]byte{byte(b)}, xmodem)
		for k := 1; k < len(t); k++ {
			t[k][b] = crc16.Update(t[k-1][b], []byte{0}, xmodem)
		}
	}
	return t
}

// CRC16 returns the CRC-16/XMODEM checksum of data; of "123456789" it is 0x31C3.
func CRC16(data []byte) uint16 {
	// The bytes that do not fill a word come first: in front of them zeros are free, behind the data they are not.
	crc := uint16(0)
	if head := len(data) & 7; head != 0 {
		crc = fold(leadingWord(data, head))
		data = data[head:]
	}
	for len(data) >= 8 {
		crc = fold(binary.BigEndian.Uint64(data) ^ uint64(crc)<<48)
		data = data[8:]
	}
	return crc
}

// leadingWord returns the first n bytes of data (0 < n < 8) as a big-endian number.
func leadingWord(data []byte, n int) uint64 {
	switch {
	case len(data) >= 8:
		return binary.BigEndian.Uint64(data) >> (64 - 8*uint(n))
	case n >= 4:
		// Two halves that overlap in the middle, where their bits agree.
		first, last := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[n-4:])
		return uint64(first)<<(8*uint(n-4)) | uint64(last)
	case n == 1:
		return uint64(data[0])
	default: // two or three bytes: the middle one is the last of two
		first, last := data[0], binary.BigEndian.Uint16(data[n-2:])
		return uint64(first)<<(8*uint(n-1)) | uint64(last)
	}
}

// fold returns the checksum of the eight bytes of word, the most significant first.
func fold(word uint64) uint16 {
	return tables[7][byte(word>>56)] ^ tables[6][byte(word>>48)] ^
		tables[5][byte(word>>40)] ^ tables[4][byte(word>>32)] ^
		tables[3][byte(word>>24)] ^ tables[2][byte(word>>16)] ^
		tables[1][byte(word>>8)] ^ tables[0][byte(word)]
}
