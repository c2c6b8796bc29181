// Package slots maps keys to the 16384 hash slots of a Redis cluster, and keeps sets of them.
//
// A key's slot is CRC16(hash tag of the key) mod 16384. The hash tag is what stands between the first '{' and the
// first '}' behind it; a key without such a pair, or with nothing between, is hashed whole:
//
//	user:1000            ──────────────────► "user:1000"
//	{user:1000}.name     ──► user:1000 ────► "user:1000"     the same slot: usable in one multi-key command
//	a{}b                 ──► empty ────────► "a{}b"
//	{{x}}                ──► {x ───────────► "{x"            only the first '{' counts, and the first '}' behind it
//
// The checksum is CRC-16/XMODEM (polynomial 0x1021, initial value 0, nothing reflected, no final XOR). Its tables are
// built by github.com/sigurn/crc16; the loop here takes eight bytes a step ("slicing by 8": Kounavis and Berry, "A
// Systematic Approach to Building High Performance, Software-based, CRC Generators", 2005), since a slot is computed
// for every key of every command.
//
// Source: the Redis cluster specification, sections "Key distribution model" and "Hash tags".
package slots
