package command

import (
	"encoding/binary"
	"hash/crc64"
	"math"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
)

// The payload of DUMP and RESTORE is a value in the form of Redis's RDB files, with a footer:
//
//	┌──────┬──────────────┬───────────────┬──────────────────────┐
//	│ type │ value        │ RDB version   │ CRC-64 of all before │
//	│ 1 B  │              │ 2 B, little-e │ 8 B, little-endian   │
//	└──────┴──────────────┴───────────────┴──────────────────────┘
//
// A string is a length and its bytes, or one of the special encodings that a leading 11 announces:
//
//	00nnnnnn                   length of 6 bits       11000000 b                  int8
//	01nnnnnn nnnnnnnn          length of 14 bits      11000001 bb                 int16, little-endian
//	10000000 nnnn              length of 32 bits      11000010 bbbb               int32, little-endian
//	10000001 nnnnnnnn          length of 64 bits      11000011 length length …    LZF: compressed length, length, bytes
//
// Source: rdb.c of Redis 7.
const (
	// payloadVersion is the RDB version that DUMP writes. The forms of strings have been the same for long, so it is that
	// of Redis 7.0, which older servers than 7.2 take too.
	payloadVersion = 10
	// newestPayloadVersion is the newest that RESTORE takes, that of Redis 7.2.
	newestPayloadVersion = 11
	footerSize           = 10

	payloadString = 0

	// Leading bytes of a length, or of an encoding.
	length14     = 0x40
	length32     = 0x80
	length64     = 0x81
	encodedInt8  = 0xc0
	encodedInt16 = 0xc1
	encodedInt32 = 0xc2
	encodedLZF   = 0xc3

	// maxIntegerText is the length of the longest text that is stored as an integer, that of an int32.
	maxIntegerText = 11
	// minCompressed is the length from which on compression is tried.
	minCompressed = 21
	// minSaving is how many bytes compression must save.
	minSaving = 4
)

const (
	errPayload    Error = "ERR DUMP payload version or checksum are wrong"
	errDataFormat Error = "ERR Bad data format"
)

// crcTable is of the polynomial 0xad93d23594c935a9 (Jones), reflected.
var crcTable = crc64.MakeTable(0x95ac9329ac4bc9b5)

// payloadChecksum returns the CRC-64 as Redis computes it: unlike the package's, it starts from 0 and is not inverted.
func payloadChecksum(data []byte) uint64 { return ^crc64.Update(math.MaxUint64, crcTable, data) }

// appendFooter appends the footer of a payload that begins at the start of dst.
func appendFooter(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, payloadVersion)
	return binary.LittleEndian.AppendUint64(dst, payloadChecksum(dst))
}

// checkFooter returns the payload without its footer, or false if its version is too new or its checksum wrong.
func checkFooter(payload []byte) (body []byte, ok bool) {
	if len(payload) < footerSize {
		return nil, false
	}
	body, footer := payload[:len(payload)-footerSize], payload[len(payload)-footerSize:]
	if binary.LittleEndian.Uint16(footer) > newestPayloadVersion {
		return nil, false
	}
	checksum := payloadChecksum(payload[:len(payload)-8])
	return body, binary.LittleEndian.Uint64(footer[2:]) == checksum
}

// appendPayload appends the payload of a string to an empty dst.
func (c *Context) appendPayload(dst, text []byte) []byte {
	return appendFooter(c.appendPayloadString(append(dst, payloadString), text))
}

// appendPayloadString appends a string in the shortest form that Redis finds.
func (c *Context) appendPayloadString(dst, text []byte) []byte {
	if len(text) <= maxIntegerText {
		if number, ok := keyspace.ParseInteger(text); ok && number >= math.MinInt32 && number <= math.MaxInt32 {
			return appendPayloadInteger(dst, int32(number))
		}
	}
	if len(text) >= minCompressed {
		if c.compressor == nil {
			c.compressor = &lzfCompressor{}
		}
		if compressed, ok := c.compressor.compress(text, len(text)-minSaving); ok {
			dst = append(dst, encodedLZF)
			dst = appendPayloadLength(dst, len(compressed))
			dst = appendPayloadLength(dst, len(text))
			return append(dst, compressed...)
		}
	}
	return append(appendPayloadLength(dst, len(text)), text...)
}

func appendPayloadInteger(dst []byte, number int32) []byte {
	switch {
	case number >= math.MinInt8 && number <= math.MaxInt8:
		return append(dst, encodedInt8, byte(number))
	case number >= math.MinInt16 && number <= math.MaxInt16:
		return binary.LittleEndian.AppendUint16(append(dst, encodedInt16), uint16(number))
	}
	return binary.LittleEndian.AppendUint32(append(dst, encodedInt32), uint32(number))
}

// appendPayloadLength appends a length, which is below 2^32.
func appendPayloadLength(dst []byte, length int) []byte {
	switch {
	case length < 1<<6:
		return append(dst, byte(length))
	case length < 1<<14:
		return append(dst, length14|byte(length>>8), byte(length))
	}
	return binary.BigEndian.AppendUint32(append(dst, length32), uint32(length))
}

// parsePayloadString reads the string at the start of a payload's body. Like Redis it does not mind what is behind it.
// The result aliases the body if it can.
func parsePayloadString(body []byte) (text []byte, ok bool) {
	if len(body) == 0 {
		return nil, false
	}
	switch body[0] {
	case encodedInt8:
		return parsePayloadInteger(body[1:], 1)
	case encodedInt16:
		return parsePayloadInteger(body[1:], 2)
	case encodedInt32:
		return parsePayloadInteger(body[1:], 4)
	case encodedLZF:
		return parsePayloadLZF(body[1:])
	}
	length, rest, ok := parsePayloadLength(body)
	if !ok || length > len(rest) {
		return nil, false
	}
	return rest[:length], true
}

// parsePayloadInteger returns the decimal form of a little-endian integer of the given size in bytes.
func parsePayloadInteger(data []byte, size int) ([]byte, bool) {
	if len(data) < size {
		return nil, false
	}
	var bits uint32
	for i := range size {
		bits |= uint32(data[i]) << (8 * i)
	}
	unused := 32 - 8*size
	return strconv.AppendInt(nil, int64(int32(bits<<unused)>>unused), 10), true
}

func parsePayloadLZF(data []byte) ([]byte, bool) {
	size, data, ok := parsePayloadLength(data)
	if !ok {
		return nil, false
	}
	length, data, ok := parsePayloadLength(data)
	if !ok || size > len(data) {
		return nil, false
	}
	return decompressLZF(data[:size], length)
}

// parsePayloadLength reads a length of at most a string's greatest length.
func parsePayloadLength(data []byte) (length int, rest []byte, ok bool) {
	if len(data) == 0 {
		return 0, nil, false
	}
	first, rest := data[0], data[1:]
	var number uint64
	switch {
	case first < length14:
		number = uint64(first)
	case first < length32 && len(rest) >= 1:
		number = uint64(first&0x3f)<<8 | uint64(rest[0])
		rest = rest[1:]
	case first == length32 && len(rest) >= 4:
		number = uint64(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
	case first == length64 && len(rest) >= 8:
		number = binary.BigEndian.Uint64(rest)
		rest = rest[8:]
	default:
		return 0, nil, false
	}
	return int(min(number, keyspace.MaxStringLength)), rest, number <= keyspace.MaxStringLength
}
