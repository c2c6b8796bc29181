package linearizability

import (
	"math/bits"
)

const (
	errOffset    = "ERR offset is out of range"
	errBitOffset = "ERR bit offset is not an integer or out of range"
	errBit       = "ERR bit is not an integer or out of range"
	errTooLong   = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
)

// maxString is how long a string can be, in bytes: proto-max-bulk-len.
const maxString = 512 << 20

// text returns the value of a key; that of a key that does not exist is empty.
func (w world) text(place int) string {
	if e := w[place]; e != nil {
		return e.value
	}
	return ""
}

// padded returns a text, with zero bytes behind it so that it has at least a length.
func padded(text string, length int) []byte {
	bytes := make([]byte, max(length, len(text)))
	copy(bytes, text)
	return bytes
}

// parseGetRange counts negative offsets from the end, and takes what there is of the range.
func parseGetRange(args []string) command {
	start, ok := parseInteger(args[1])
	end, alsoOK := parseInteger(args[2])
	if !ok || !alsoOK {
		return refused(args[:1], errNotInteger)
	}
	return reading(func(x *step, w world, place int) {
		text := w.text(place)
		length := int64(len(text))
		from, to := start, end
		if from < 0 {
			from = max(length+from, 0)
		}
		if to < 0 {
			to = max(length+to, 0)
		}
		to = min(to, length-1)
		backwards := start < 0 && end < 0 && start > end
		if backwards || from > to {
			x.emit(bulkReply(""), w)
		} else {
			x.emit(bulkReply(text[from:to+1]), w)
		}
	})(args)
}

// parseSetRange writes over a part of a string, which grows as it must.
func parseSetRange(args []string) command {
	offset, ok := parseInteger(args[1])
	value := args[2]
	switch {
	case !ok:
		return refused(args[:1], errNotInteger)
	case offset < 0:
		return refused(args[:1], errOffset)
	case value == "":
		return reading(strlen)(args)
	case offset > maxString-int64(len(value)):
		return refused(args[:1], errTooLong)
	}
	return command{keys: args[:1], changed: anyReply, run: func(x *step, w world) {
		place := x.call.places[0]
		bytes := padded(w.text(place), int(offset)+len(value))
		copy(bytes[offset:], value)
		x.emit(integerReply(int64(len(bytes))), x.memory.with(w, place, x.memory.withValue(w[place], string(bytes))))
	}}
}

// parseBitOffset reads the number of a bit, counted from the highest of the first byte.
func parseBitOffset(text string) (offset int64, ok bool) {
	offset, ok = parseInteger(text)
	return offset, ok && offset >= 0 && offset < 8*maxString
}

// bit returns one bit of a text; those behind its end are 0.
func bit(text string, offset int64) int64 {
	if offset/8 >= int64(len(text)) {
		return 0
	}
	return int64(text[offset/8]>>(7-offset%8)) & 1
}

func parseGetBit(args []string) command {
	offset, ok := parseBitOffset(args[1])
	if !ok {
		return refused(args[:1], errBitOffset)
	}
	return reading(func(x *step, w world, place int) { x.emit(integerReply(bit(w.text(place), offset)), w) })(args)
}

func parseSetBit(args []string) command {
	offset, ok := parseBitOffset(args[1])
	if !ok {
		return refused(args[:1], errBitOffset)
	}
	if args[2] != "0" && args[2] != "1" {
		return refused(args[:1], errBit)
	}
	set := int64(args[2][0] - '0')
	flipped := func(r Reply) bool { return r.Int != set }
	return command{keys: args[:1], changed: flipped, run: func(x *step, w world) {
		place := x.call.places[0]
		old := bit(w.text(place), offset)
		bytes := padded(w.text(place), int(offset/8)+1)
		bytes[offset/8] = bytes[offset/8]&^(1<<(7-offset%8)) | byte(set<<(7-offset%8))
		x.emit(integerReply(old), x.memory.with(w, place, x.memory.withValue(w[place], string(bytes))))
	}}
}

func bitCount(x *step, w world, place int) {
	count := 0
	for _, b := range []byte(w.text(place)) {
		count += bits.OnesCount8(b)
	}
	x.emit(integerReply(int64(count)), w)
}
