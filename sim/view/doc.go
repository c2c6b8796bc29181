// Package view records a simulated world and writes it as one HTML page that can be looked at, searched and stepped through.
//
//	world ──records──► Recorder ──Chunks──► WritePage ──► run.html
//	  │                   ▲                     ▲
//	  └─ processes ───────┘ Subject, Requester  └─ assets: HTML, CSS and JavaScript by hand
//
// A Recorder is an observer of a world (sim.Config.Observe): it sees what happens and has no influence on it, nor on the hash.
// It knows nothing of the protocol. A process that has something to show implements Subject, and its state becomes bands
// in the lane of its host; one that makes requests of others implements Requester, and its operations become bars.
//
// # The page
//
// The page has a lane for each host over virtual time. It is drawn on a canvas, with as much detail as the zoom allows, so
// that its cost depends on the size of the window rather than on the number of events. All data is inside, as columns in
// JSON, compressed and in base64; nothing is loaded from anywhere. Browsers have been able to unpack it by themselves
// (DecompressionStream) since 2023.
//
// The scripts in assets are plain ones that share one scope, in the order of the list in page.go; each file has one subject.
package view
