//! Whole-house tests live beside this file.
