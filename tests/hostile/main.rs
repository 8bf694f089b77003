//! Hostile input in tables: every row ends in a plan, a finding or a message that says where and what to do; never in a panic, a hang or
//! memory without bound.

mod broken;
mod city;
mod claims;
mod crowds;
mod engines;
mod folders;
mod formats;
mod kit;
#[path = "../land/mod.rs"]
mod land;
mod numbers;
mod recipes;
mod shapes;
mod systems;
mod texts;
