"""onereel turns a producer's brief into a finished multi-shot film.

The words of this project, one meaning each, in code, logs, documents and the UI:

* Production: one film being made, from brief to delivery; a slug, the root of every key.
* Brief: what the client asks for: idea, length, look, format.
* Look: the style all shots share: palette, lens, grain, period.
* Character: someone who must look the same in every shot, with reference pictures.
* Reference: a picture given to a model to imitate; never shown on screen.
* Storyboard: the ordered plan of shots; versioned.
* Shot: one uninterrupted view, as planned; s010, s020, ... (the gaps leave room).
* Keyframe: the still a take opens or closes on.
* Take: one filmed attempt at a shot; t01, t02, ...; never overwritten.
* Slate: which take this is, lighthouse/s010/t02; also the card shown where a shot is missing.
* Coverage: the first clip and the extensions that together make a shot long enough.
* Extension: the camera's continuation of a take, making it longer.
* Handles: film beyond what is shown, for a fade.
* Clip: the part of a take on screen.
* Cut: the whole edit: clips in order.
* Master: the finished file.
* Delivery: the master and its papers.
* Reshoot: new takes of named shots of a finished production.
* Rehearsal: the same production against the local studio, for nothing.
* Studio: whoever answers the Gemini wire format: Google, or the local one.
* Camera: a video model on a surface.
* Vault: where every file is kept.
* Journal: what was asked, promised and paid.
* Ledger: the journal as a table.
"""
