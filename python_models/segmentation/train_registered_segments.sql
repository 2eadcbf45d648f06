-- The versions of the registry that this build can use.
{{ config(materialized='view') }}

with

artifacts as (

    select * from {{ source('marquee', 'model_artifacts') }}

),

champions as (

    select * from {{ source('marquee', 'model_champions') }}

),

titles as (

    select * from {{ ref('feat_top_titles') }}

),

latest as (

    select max(as_of_date) as as_of_date
    from titles

),

{{ usable_versions('segments') }}

{{ artifacts_of_usable('segments') }}
