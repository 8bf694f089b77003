pub mod plan_files;
