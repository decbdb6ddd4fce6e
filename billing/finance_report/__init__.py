"""The finance report: what things are worth when their service ends, from frozen inputs, in three renderings."""
